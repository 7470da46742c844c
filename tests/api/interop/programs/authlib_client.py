"""An application (FLOW `code`) or a service (FLOW `service`) that uses Authlib with httpx."""

import http.server
import json
import os

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT_ID, FLOW, ISSUER, METHOD, RESOURCE, SCOPE, SECRET = (
    os.environ[name] for name in ("CLIENT_ID", "FLOW", "ISSUER", "METHOD", "RESOURCE", "SCOPE", "SECRET")
)


class Assertion(PrivateKeyJWT):
    """Assertions that are valid for a minute. Those of Authlib are valid for an hour, which the service refuses."""

    def sign(self, auth, token_endpoint):
        key = ECKey.import_key(json.loads(os.environ["KEY"]))
        return private_key_jwt_sign(key, auth.client_id, token_endpoint, alg="ES256", expires_in=60)


class Callback(http.server.BaseHTTPRequestHandler):
    """Keeps the address to which the browser returns."""

    def do_GET(self):
        if self.path.startswith("/callback?"):
            self.server.received = self.server.redirect_uri + self.path.removeprefix("/callback")
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Signed in</title>")

    def log_message(self, *_):
        pass


def report(**line):
    print(json.dumps(line), flush=True)


def public(session, url):
    response = session.request("GET", url, withhold_token=True)
    response.raise_for_status()
    return response.json()


def introspect(session, token):
    response = session.introspect_token(server["introspection_endpoint"], token=token)
    response.raise_for_status()
    body = response.json()
    return body["active"] and body["sub"]


def revoke(session, token):
    session.revoke_token(server["revocation_endpoint"], token=token).raise_for_status()


def verify_id_token(session, token, nonce):
    keys = KeySet.import_key_set(public(session, server["jwks_uri"]))
    decoded = jwt.decode(token["id_token"], keys, algorithms=server["id_token_signing_alg_values_supported"])
    expected = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
    params = {"nonce": nonce, "client_id": CLIENT_ID, "access_token": token["access_token"], "max_age": 3600}
    claims = CodeIDToken(decoded.claims, decoded.header, expected, params)
    claims.validate()
    return claims["sub"]


def sign_in(session):
    listener = http.server.HTTPServer(("127.0.0.1", 0), Callback)
    listener.received = None
    listener.redirect_uri = session.redirect_uri = f"http://127.0.0.1:{listener.server_port}/callback"
    verifier, nonce = generate_token(48), generate_token()
    url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    report(open=url)
    while listener.received is None:
        listener.handle_request()
    token_endpoint = server["token_endpoint"]
    granted = session.fetch_token(token_endpoint, authorization_response=listener.received, state=state, code_verifier=verifier)
    sub = verify_id_token(session, granted, nonce)
    granted = dict(granted)
    refreshed = dict(session.refresh_token(token_endpoint, refresh_token=granted["refresh_token"]))
    found = {"id_token": sub, "scope": granted["scope"], "refresh": refreshed["refresh_token"] != granted["refresh_token"]}
    info = session.get(server["userinfo_endpoint"])
    info.raise_for_status()
    found["user_info"] = {name: info.json()[name] for name in ("sub", "preferred_username", "email")}
    before = METHOD != "none" and introspect(session, refreshed["access_token"])
    revoke(session, refreshed["refresh_token"])
    if METHOD != "none":
        found["introspection"] = [before, introspect(session, refreshed["access_token"])]
    try:
        session.refresh_token(token_endpoint, refresh_token=refreshed["refresh_token"])
    except OAuthError as error:
        found["revocation"] = error.error
    return found


def get_token(session):
    granted = session.fetch_token(server["token_endpoint"], grant_type="client_credentials", resource=RESOURCE)
    before = introspect(session, granted["access_token"])
    revoke(session, granted["access_token"])
    return {"scope": granted["scope"], "introspection": [before, introspect(session, granted["access_token"])]}


def new_session():
    global server
    session = OAuth2Client(
        CLIENT_ID,
        SECRET or None,
        token_endpoint_auth_method=METHOD,
        revocation_endpoint_auth_method=METHOD,
        scope=SCOPE,
        code_challenge_method="S256",
    )
    server = public(session, f"{ISSUER}/.well-known/openid-configuration")
    session.register_client_auth_method(Assertion(server["token_endpoint"]))
    return session


server = {}
report(found=(sign_in if FLOW == "code" else get_token)(new_session()))
