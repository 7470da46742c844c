"""Configures schemathesis for this service: its callers, and a network for each request, because limits count by network.

An additional check compares the common headers of every response.
"""

import os
import threading

import oauth
import parameters
import requests
import schemathesis
from clients import address

ORIGIN = os.environ["EDGE_AUTH_ORIGIN"]
# CALLER=USERNAME=PASSWORD, one per line.
USERS = dict(line.split("=", 1) for line in os.environ["EDGE_AUTH_USERS"].splitlines())
# PATH=CALLER, one per line, for paths that need a role. All other paths have the caller "user". Wrong passwords cause a
# back-off, so a separate caller sends these.
CALLERS = dict(line.split("=", 1) for line in os.environ["EDGE_AUTH_CALLERS"].splitlines())
CALLERS["/api/auth/change-password"] = "guesser"
ENDING = ("/logout", "/logout-all", "/refresh")
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "vary": "Origin",
    "x-content-type-options": "nosniff",
}

LINES = "application/x-ndjson"

tokens = {}
# Keeps the cookie of a recognised device: schemathesis learns user names from responses and guesses their passwords, which
# causes a back-off on other devices.
device = requests.Session()
lock = threading.Lock()


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        token = oauth.bearer(case.operation)
        if token is not oauth.session:
            return token
        caller = CALLERS.get(case.operation.path, "user")
        with lock:
            if caller not in tokens:
                username, password = USERS[caller].split("=", 1)
                response = device.post(
                    f"{ORIGIN}/api/auth/login",
                    json={"username": username, "password": password},
                    headers={"cf-connecting-ip": address()},
                    timeout=30,
                )
                response.raise_for_status()
                tokens[caller] = response.json()["token"]
            return tokens[caller]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def has_token(case, headers):
    """Whether a request has the current token of its caller. Others have one that schemathesis generated, or one that was revoked."""
    with lock:
        token = tokens.get(CALLERS.get(case.operation.path, "user"))
    return token is not None and headers.get("Authorization") == f"Bearer {token}"


@schemathesis.serializer(LINES)
def lines(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["CF-Connecting-IP"] = address()
    parameters.fill(case, has_token(case, case.headers))
    # The pages and applications that a redirect leads to are not part of the API.
    kwargs["allow_redirects"] = False


@schemathesis.hook
def after_call(context, case, response):
    oauth.record(case, response)
    is_ended = response.status_code == 200 and case.operation.path.endswith(ENDING)
    # Other routes can end the session too, such as the one that revokes a session by its id.
    is_refused = response.headers.get("edge-auth-error") == ["invalid_token"] and has_token(case, response.request.headers)
    if is_ended or is_refused:
        with lock:
            tokens.pop(CALLERS.get(case.operation.path, "user"), None)


@schemathesis.check
def oauth_clients_and_tokens(context, response, case):
    oauth.check_client(case, response)
    oauth.check_bearer(case, response)
    oauth.check_redirect(case, response)
    oauth.check_page(case, response)


@schemathesis.check
def common_headers_and_error_format(context, response, case):
    documented = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    is_cacheable = "Cache-Control" in documented.get("headers", {})
    for name, value in HEADERS.items():
        if is_cacheable and name == "cache-control":
            value = "public, max-age=300"
        found = response.headers.get(name)
        assert found and found == [value], f"{name}: {found}"
    # The routes that respond with JSON Lines are described as such, and other checks compare that.
    found = response.headers.get("content-type")
    if response.status_code == 303:
        assert not found, f"a redirect has the content type {found}"
        return
    allowed = ["application/json", LINES] if response.status_code == 200 else ["application/json"]
    assert found and len(found) == 1 and found[0] in allowed, f"content-type: {found}"
    if response.status_code >= 400 and case.method != "HEAD":
        body = response.json()
        assert list(body) in (["detail"], ["success", "message"], ["error", "error_description"]), f"not an error body: {body}"
