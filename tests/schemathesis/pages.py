"""What the pages of the service send: a sealed request of a client, and the cookies of the browser."""

from urllib.parse import parse_qs, urlencode, urlsplit

from clients import AT_RESOURCE, AT_USER_INFO, AUTHORIZE, LOGOUT, SETUP, SIGNED_OUT, authorization, send

READ, CONSENT, SIGN_OUT = "/api/auth/authorization-request", "/api/auth/consent", "/api/auth/sign-out-request"
PAGE_ROUTES = (READ, CONSENT, SIGN_OUT)

# Values of `prompt`: the user is asked, has to authenticate again, or has consented before.
PROMPTS = ("consent", "login", "")
# Decisions with the value of `prompt`. A request is used once, so each decision has its own.
DECISIONS = (("allow", "consent"), ("deny", "consent"), ("allow", "login"))
# Whether the client sends an ID token of the user.
HINTS = (False, True)

# The cookie that `/oauth/authorize` has set, by sealed request.
cookies = {}


def sealed(path, parameters):
    """A sealed request. The browser begins it without a session, so that only the page counts for the rate limit of the session."""
    response = send("GET", f"{path}?{urlencode(parameters)}")
    location = response.headers.get("location", "")
    found = parse_qs(urlsplit(location).query).get("request")
    assert found, f"{path}: {response.status_code} {location}"
    cookies[found[0]] = response.headers.get("set-cookie", "").split(";")[0]
    return {"request": found[0]}


def authorization_request(client, prompt):
    return sealed(AUTHORIZE, authorization(client) | ({"prompt": prompt} if prompt else {}))


def decision(client, choice):
    given, prompt = choice
    shown = {"user": SETUP["owner"], "scopes": AT_RESOURCE["scope"].split()}
    return authorization_request(client, prompt) | {"decision": given, **shown}


def sign_out_request(client, has_hint):
    hint = {"id_token_hint": client.tokens(AT_USER_INFO)["id_token"]} if has_hint else {}
    return sealed(LOGOUT, {"client_id": client.id, "post_logout_redirect_uri": SIGNED_OUT} | hint)


def browser(request):
    """The headers of a page in the browser of the user who began this sealed request."""
    pairs = (SETUP["cookie"], cookies[request])
    return {"Cookie": "; ".join(pair for pair in pairs if pair), "Sec-Fetch-Site": "same-origin"}
