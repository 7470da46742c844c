"""The registered OAuth clients of a run, and how they get codes and tokens for a user who has allowed them before."""

import base64
import json
import os
import threading
import time
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

ORIGIN = os.environ["EDGE_AUTH_ORIGIN"]
SETUP = json.loads(os.environ["EDGE_AUTH_OAUTH"])
RESOURCE, ADMINISTRATION = SETUP["resource"], SETUP["administration"]
REDIRECT_URI, LOOPBACK, SIGNED_OUT = SETUP["redirect_uri"], SETUP["loopback"], SETUP["signed_out"]
# The scopes that the user has allowed each client: at the resource, and at the user info endpoint.
AT_RESOURCE = {"resource": RESOURCE, "scope": "reports:read offline_access"}
AT_USER_INFO = {"scope": "openid profile email roles"}

TOKEN, AUTHORIZE, LOGOUT = "/oauth/token", "/oauth/authorize", "/oauth/logout"
CREDENTIALS = ("client_id", "client_secret", "client_assertion", "client_assertion_type")

networks = count(1)
lock = threading.Lock()


def address():
    """A new network for every request, because limits count by network."""
    number = next(networks)
    return f"2001:{number >> 16:x}:{number & 0xFFFF:x}::1"


def send(method, path, **options):
    headers = {"CF-Connecting-IP": address(), **options.pop("headers", {})}
    return requests.request(method, ORIGIN + path, headers=headers, allow_redirects=False, timeout=30, **options)


class Client:
    def __init__(self, id, method, secret):
        self.id, self.method, self.secret = id, method, secret
        self.cached = {}

    def header(self):
        return "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()

    def authenticate(self, form, headers, method=None, secret=None):
        """Adds the credentials of the client, with this method and secret or its own."""
        for name in CREDENTIALS:
            form.pop(name, None)
        headers.pop("Authorization", None)
        method, secret = method or self.method, secret or self.secret
        if method == "client_secret_basic":
            headers["Authorization"] = Client(self.id, method, secret).header()
        else:
            form["client_id"] = self.id
        if method == "client_secret_post":
            form["client_secret"] = secret

    def has_sent(self, form, authorization):
        """Whether a form has the credentials of this client, and no others."""
        secret, others = form.get("client_secret"), [name for name in CREDENTIALS[2:] if form.get(name)]
        if others:
            return False
        if self.method == "client_secret_basic":
            return authorization == self.header() and not secret and form.get("client_id", self.id) == self.id
        expected = self.secret if self.method == "client_secret_post" else None
        return authorization is None and form.get("client_id") == self.id and secret == expected

    def post(self, path, form):
        headers, form = {}, dict(form)
        self.authenticate(form, headers)
        response = send("POST", path, data=form, headers=headers)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def code(self, asked=AT_RESOURCE):
        """A new code. The user has allowed these scopes before."""
        query = urlencode(authorization(self, asked))
        response = send("GET", f"{AUTHORIZE}?{query}", headers={"Cookie": SETUP["cookie"]})
        location = response.headers.get("location", "")
        found = parse_qs(urlsplit(location).query).get("code")
        assert found, f"{AUTHORIZE}: {response.status_code} {location}"
        return found[0]

    def redemption(self, code):
        return {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": SETUP["verifier"],
            "redirect_uri": REDIRECT_URI,
        }

    def tokens(self, asked=AT_RESOURCE):
        """The tokens of a new grant."""
        return self.post(TOKEN, self.redemption(self.code(asked)))

    def own_token(self, resource, scope):
        """A token of the client for itself, of which half the lifetime is left."""
        with lock:
            token, until = self.cached.get((resource, scope), (None, 0))
            if time.monotonic() >= until:
                form = {"grant_type": "client_credentials", "resource": resource, "scope": scope}
                token = self.post(TOKEN, form)["access_token"]
                self.cached[resource, scope] = token, time.monotonic() + 300
            return token


CLIENTS = [Client(**client) for client in SETUP["clients"]]
BASIC, POST, PUBLIC = CLIENTS


def authorization(client, asked=AT_RESOURCE):
    """The parameters of an authorization request for scopes that the user has allowed before."""
    return {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": REDIRECT_URI,
        "code_challenge": SETUP["challenge"],
        "code_challenge_method": "S256",
        **asked,
    }
