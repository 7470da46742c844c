"""Verifies the access token TOKEN with joserfc or PyJWT and the keys at JWKS_URL."""

import json
import os
import sys
import urllib.request

AUDIENCE, ISSUER, JWKS_URL, TOKEN = (os.environ[name] for name in ("AUDIENCE", "ISSUER", "JWKS_URL", "TOKEN"))
REQUIRED = ["iss", "sub", "aud", "client_id", "exp", "iat", "jti"]


def with_joserfc():
    from joserfc import jwt
    from joserfc.jwk import KeySet

    with urllib.request.urlopen(JWKS_URL, timeout=30) as response:
        keys = KeySet.import_key_set(json.load(response))
    token = jwt.decode(TOKEN, keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    values = {"iss": {"value": ISSUER}, "aud": {"value": AUDIENCE}}
    claims = {name: {"essential": True} | values.get(name, {}) for name in REQUIRED}
    jwt.JWTClaimsRegistry(**claims).validate(token.claims)
    return token.claims["sub"]


def with_pyjwt():
    import jwt

    key = jwt.PyJWKClient(JWKS_URL, timeout=30).get_signing_key_from_jwt(TOKEN)
    assert jwt.get_unverified_header(TOKEN)["typ"] == "at+jwt"
    options = {"require": REQUIRED}
    claims = jwt.decode(TOKEN, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER, options=options)
    return claims["sub"]


try:
    print("accepted", {"joserfc": with_joserfc, "pyjwt": with_pyjwt}[sys.argv[1]]())
except Exception as error:
    print("refused", type(error).__name__)
