"""The access tokens of requests, and what must hold for the responses of the OAuth server."""

import base64
import json
import os
import threading
from itertools import cycle
from urllib.parse import parse_qs, parse_qsl, urlsplit

from clients import (
    ADMINISTRATION,
    AT_USER_INFO,
    AUTHORIZE,
    BASIC,
    CLIENTS,
    LOGOUT,
    LOOPBACK,
    POST,
    PUBLIC,
    REDIRECT_URI,
    RESOURCE,
    SIGNED_OUT,
    TOKEN,
)
from pages import CONSENT, PAGE_ROUTES, SIGN_OUT
from parameters import CLIENT_ROUTES

USER_INFO = "/oauth/userinfo"
ADMINISTRATION_SCOPES = ["users:read", "users:write", "audit:read"]
PAGES = {AUTHORIZE: ("/error?code=", "/consent?request="), LOGOUT: ("/error?code=", "/sign-out?request=")}

lock = threading.Lock()

# Access tokens. A route that accepts those of clients gets one in some requests, and others that it must refuse.

session = object()
BEARERS = {
    USER_INFO: {
        "user info": lambda _: PUBLIC.tokens(AT_USER_INFO)["access_token"],
        "user info of a confidential client": lambda _: BASIC.tokens(AT_USER_INFO)["access_token"],
        "wrong: of a resource": lambda _: PUBLIC.tokens()["access_token"],
        "wrong: of a client": lambda _: BASIC.own_token(RESOURCE, "reports:read"),
        "wrong: refresh token": lambda _: POST.tokens(AT_USER_INFO)["refresh_token"],
        "wrong: ID token": lambda _: POST.tokens(AT_USER_INFO)["id_token"],
        "wrong: revoked": lambda _: revoked(POST.tokens(AT_USER_INFO)["access_token"]),
        "wrong: none": lambda _: None,
        "wrong: session": lambda _: session,
    },
    None: {
        "session": lambda _: session,
        "client": lambda scope: BASIC.own_token(ADMINISTRATION, scope),
        "session again": lambda _: session,
        "wrong: other scopes": lambda scope: BASIC.own_token(ADMINISTRATION, " ".join(other_scopes(scope))),
        "client again": lambda scope: BASIC.own_token(ADMINISTRATION, scope),
        "wrong: of a resource": lambda _: BASIC.own_token(RESOURCE, "reports:read"),
    },
}
bearers = {}
kinds = {}


def other_scopes(scope):
    return [other for other in ADMINISTRATION_SCOPES if other != scope]


def revoked(token):
    POST.post("/oauth/revoke", {"token": token})
    return token


def bearer(operation):
    """The access token of a request: None for no token, and `session` for that of a session."""
    scopes = [scheme["accessToken"][0] for scheme in operation.definition.raw["security"] if "accessToken" in scheme]
    if operation.path != USER_INFO and not scopes:
        return None if operation.path.startswith("/oauth/") else session
    each = BEARERS.get(operation.path, BEARERS[None])
    with lock:
        kind, token = next(bearers.setdefault(operation.label, cycle(each.items())))
    token = token(scopes[0] if scopes else None)
    if isinstance(token, str):
        kinds[token, operation.path] = kind
    return token


def kind_of(request, case):
    """The kind of the access token of a request, if it is one of `BEARERS`."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return kinds.get((token, case.operation.path))


# What must hold for each response.


def check_client(case, response):
    """Tokens go to clients that have authenticated."""
    if response.status_code != 200 or case.operation.path not in CLIENT_ROUTES:
        return
    request = response.request
    body = request.body or b""
    form = dict(parse_qsl(body if isinstance(body, str) else body.decode("utf-8", "replace")))
    authorization = request.headers.get("Authorization")
    found = [client for client in CLIENTS if client.has_sent(form, authorization)]
    assert found, "the client has not authenticated"
    assert case.operation.path != "/oauth/introspect" or found != [PUBLIC], "a public client introspects"
    if case.operation.path == TOKEN:
        payload = response.json()["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        assert claims["client_id"] == found[0].id, f"the token is of the client {claims['client_id']}"


def check_bearer(case, response):
    """A route refuses access tokens that are not for it."""
    kind = kind_of(response.request, case) or ""
    assert not (kind.startswith("wrong") and response.status_code < 400), f"accepted: {kind}"


def check_redirect(case, response):
    """A redirect leads to a page, or to a redirect URI of the client."""
    if case.operation.path not in PAGES or response.status_code != 303:
        return
    location = response.headers["location"][0]
    is_page = location.startswith(PAGES[case.operation.path])
    is_client = case.operation.path == AUTHORIZE and location.split("?")[0] in (REDIRECT_URI, LOOPBACK)
    assert is_page or is_client, f"a redirect to {location}"


def check_page(case, response):
    """A page leads to the client, with a code only if the user has allowed it, or to another page after a sign-out."""
    if case.operation.path not in PAGE_ROUTES or response.status_code != 200:
        return
    location = response.json()["location"]
    if case.operation.path == SIGN_OUT:
        assert location in (SIGNED_OUT, "/signed-out"), f"a sign-out leads to {location}"
        return
    assert location is None or location.split("?")[0] == REDIRECT_URI, f"a page leads to {location}"
    if case.operation.path == CONSENT:
        is_allowed = json.loads(response.request.body)["decision"] == "allow"
        assert ("code" in parse_qs(urlsplit(location).query)) == is_allowed, f"allowed: {is_allowed}, {location}"


def of_client(location):
    """The response to a client: its error, or `code`."""
    query = parse_qs(urlsplit(location).query)
    return "client: " + (query["error"][0] if "error" in query else "code")


def of_page(path, body):
    """The next step of a page."""
    if path == CONSENT:
        return of_client(body["location"])
    if path == SIGN_OUT and not body["client"]:
        return f"no client: {body['next']}"
    return f"next: {body['next']}"


def outcome(case, response):
    """The result of a request: the error code, where it redirects to, the next step of a page, or the status."""
    code = response.headers.get("edge-auth-error")
    if code:
        return code[0]
    if case.operation.path in PAGE_ROUTES and response.status_code == 200:
        return of_page(case.operation.path, response.json())
    if case.operation.path not in PAGES or response.status_code != 303:
        return str(response.status_code)
    location = urlsplit(response.headers["location"][0])
    if location.netloc:
        return of_client(response.headers["location"][0])
    return f"page {location.path}: {parse_qs(location.query)['code'][0]}" if location.path == "/error" else f"page {location.path}"


seen = open(os.environ["EDGE_AUTH_SEEN"], "a", encoding="utf-8")


def record(case, response):
    """Writes the result of a request for the test that started this run."""
    if case.method != case.operation.method.upper():
        return
    line = {
        "operation": f"{case.method} {case.operation.path}",
        "outcome": outcome(case, response),
        "status": response.status_code,
        "caller": kind_of(response.request, case) or "",
    }
    with lock:
        seen.write(json.dumps(line) + "\n")
        seen.flush()
