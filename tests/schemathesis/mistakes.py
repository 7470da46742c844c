"""Mistakes in the valid parameters of an OAuth client. Each takes the parameters, the headers and the client."""

from uuid import uuid4

from clients import AT_USER_INFO, BASIC, CLIENTS, CREDENTIALS, LOOPBACK, PUBLIC, SETUP, TOKEN, Client, send
from pages import CONSENT


def repeated(form, headers, client):
    name = next(iter(form))
    form[name] = [form[name], form[name]]


def too_many(form, headers, client):
    form.update({f"parameter_{number}": "1" for number in range(65)})


def too_long(form, headers, client):
    form["parameter"] = "x" * 17_000


def encoded(form, headers, client):
    headers["Content-Encoding"] = "gzip"


def two_methods(form, headers, client):
    headers["Authorization"] = client.header()
    form["client_secret"] = client.secret


def other_id(form, headers, client):
    headers["Authorization"] = client.header()
    form.pop("client_secret", None)
    form["client_id"] = str(uuid4())


def unknown_client(form, headers, client):
    Client(str(uuid4()), client.method, client.secret).authenticate(form, headers)


def wrong_secret(form, headers, client):
    method = "client_secret_post" if client is PUBLIC else None
    client.authenticate(form, headers, method, client.secret + "x")


def no_secret(form, headers, client):
    (BASIC if client is PUBLIC else client).authenticate(form, headers, "none")


def other_method(form, headers, client):
    method = "client_secret_post" if client is BASIC else "client_secret_basic"
    client.authenticate(form, headers, method)


def no_client(form, headers, client):
    client.authenticate(form, headers)
    headers.pop("Authorization", None)
    for name in CREDENTIALS:
        form.pop(name, None)


def other_grant_type(form, headers, client):
    form["grant_type"] = "password"


def of_other_client(form, headers, client):
    next(other for other in CLIENTS if other is not client).authenticate(form, headers)


def used_code(form, headers, client):
    client.post(TOKEN, {name: value for name, value in form.items() if name not in CREDENTIALS})


FORM = (repeated, too_many, too_long, encoded)
CLIENT = (two_methods, other_id, unknown_client, wrong_secret, no_secret, other_method, no_client)
def other_scope(form, headers, client):
    form["scope"] = "reports:delete"


def other_resource(form, headers, client):
    form["resource"] = "https://mail.example.com/"


GRANT = {
    "client_credentials": (other_grant_type, other_scope, other_resource),
    "authorization_code": (of_other_client, used_code, other_resource),
    "refresh_token": (of_other_client, other_scope, other_resource),
}


def page_mistakes(names):
    def without(name):
        return lambda form, headers, client: form.pop(name)

    def given_twice(name):
        def mistake(form, headers, client):
            form[name] = [form.get(name, "x"), "x"]

        return mistake

    return (*map(without, names), *map(given_twice, names))


def with_value(**values):
    return lambda form, headers, client: form.update(values)


def unknown_id(form, headers, client):
    form["client_id"] = str(uuid4())


def without_session(form, headers, client):
    headers.pop("Cookie", None)
    form["prompt"] = "none"


def with_hint(form, headers, client):
    form["id_token_hint"] = client.tokens(AT_USER_INFO)["id_token"]


AUTHORIZE = (
    *page_mistakes(["client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "scope"]),
    unknown_id,
    without_session,
    with_hint,
    with_value(redirect_uri="https://app.example.com/callback/"),
    with_value(redirect_uri=LOOPBACK),
    with_value(redirect_uri=LOOPBACK, prompt="none"),
    with_value(response_type="token"),
    with_value(response_mode="fragment"),
    with_value(scope="reports:delete"),
    with_value(resource="https://other.example.com"),
    with_value(request="x"),
    with_value(request_uri="https://app.example.com/x"),
    with_value(prompt="consent", max_age="0"),
    with_value(prompt="login"),
)
LOGOUT = (
    *page_mistakes(["client_id", "post_logout_redirect_uri"]),
    unknown_id,
    with_hint,
    with_value(post_logout_redirect_uri="https://app.example.com/other"),
    with_value(id_token_hint="x.y.z"),
)


def with_header(name, value):
    return lambda body, headers, client: headers.update({name: value})


def signed_out(body, headers, client):
    headers["Cookie"] = headers["Cookie"].replace(SETUP["cookie"], "").strip("; ")


def other_browser(body, headers, client):
    headers["Cookie"] = SETUP["cookie"]


def used_request(body, headers, client):
    denial = {"request": body["request"], "decision": "deny", "user": SETUP["owner"], "scopes": []}
    response = send("POST", CONSENT, json=denial, headers=headers)
    assert response.status_code == 200, f"{CONSENT}: {response.status_code} {response.text}"


PAGE = (too_long, encoded, signed_out, with_header("Sec-Fetch-Site", "cross-site"))
AUTHORIZATION_REQUEST = (other_browser, used_request)
SESSION = (
    with_header("Authorization", "Bearer x.y.z"),
    with_header("Authorization", f"Bearer {SETUP['expired']}"),
)
