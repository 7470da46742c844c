"""An API whose callers send access tokens of OAuth clients: a resource server. Copy `authenticate` and what it uses."""

import asyncio
import os
import re
import time
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException

# `JWT_ISSUER` of Edge Auth, and an entry of `OAUTH_RESOURCES` with one of its scopes.
ISSUER = os.environ.get("ISSUER", "http://localhost:8787")
RESOURCE = os.environ.get("RESOURCE", "https://api.example.com")
SCOPE = os.environ.get("SCOPE", "reports:read")
TIMEOUT_SECONDS = 3
# A key that Edge Auth no longer publishes is accepted for at most this long.
KEYS_TTL_SECONDS = 300
# An unknown key id causes a request for the keys at most this often, because anyone can invent key ids.
KEYS_COOLDOWN_SECONDS = 30
# After a failure, requests fail at once for this time, instead of waiting for each other.
FAILURE_SECONDS = 1

Claims = dict[str, Any]


class Unavailable(Exception):
    """The public keys are not available."""


class Keys:
    """The public keys of Edge Auth."""

    def __init__(self, client: httpx.AsyncClient):
        self.client = client
        self.keys: dict[str, jwt.PyJWK] = {}
        self.fetched = float("-inf")
        self.failed = float("-inf")
        self.lock = asyncio.Lock()

    async def get(self, key_id: str) -> jwt.PyJWK | None:
        """Returns the key with this id. Raises Unavailable."""
        async with self.lock:
            age = time.monotonic() - self.fetched
            if age > KEYS_TTL_SECONDS or (key_id not in self.keys and age > KEYS_COOLDOWN_SECONDS):
                await self.fetch()
            return self.keys.get(key_id)

    async def fetch(self) -> None:
        if time.monotonic() - self.failed < FAILURE_SECONDS:
            raise Unavailable
        try:
            response = await self.client.get("/oauth/jwks.json")
            response.raise_for_status()
            self.keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(response.json()).keys}
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, AttributeError) as error:
            self.failed = time.monotonic()
            raise Unavailable from error
        self.fetched = time.monotonic()


client = httpx.AsyncClient(base_url=ISSUER, timeout=TIMEOUT_SECONDS, follow_redirects=False)
keys = Keys(client)


async def claims_of(token: str) -> Claims | None:
    """Returns the claims of a valid access token for this API, and None for any other token."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt" or not isinstance(header.get("kid"), str):
            return None
        key = await keys.get(header["kid"])
        if key is None:
            return None
        required = ["aud", "client_id", "exp", "iat", "iss", "jti", "sub"]
        return jwt.decode(token, key, algorithms=["ES256"], audience=RESOURCE, issuer=ISSUER, options={"require": required})
    except jwt.InvalidTokenError:
        return None


async def authenticate(authorization: Annotated[str | None, Header()] = None) -> Claims:
    """Returns the claims of the access token that the header `Authorization` carries.

    Raises HTTPException if it is absent, invalid or cannot be verified.
    """
    match = re.fullmatch(r"Bearer +([\x21-\x7e]+)", authorization or "", re.IGNORECASE)
    if match is None:
        raise HTTPException(401, "No token", {"www-authenticate": f'Bearer scope="{SCOPE}"'})
    try:
        claims = await claims_of(match[1])
    except Unavailable:
        raise HTTPException(503, "Authentication is unavailable", {"retry-after": "1"}) from None
    if claims is None:
        raise refusal(401, "invalid_token", "Invalid or expired token")
    if SCOPE not in claims.get("scope", "").split(" "):
        raise refusal(403, "insufficient_scope", "Not permitted")
    return claims


def refusal(status: int, error: str, message: str) -> HTTPException:
    return HTTPException(status, message, {"www-authenticate": f'Bearer error="{error}", scope="{SCOPE}"'})


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/hello")
async def hello(claims: Annotated[Claims, Depends(authenticate)]) -> dict[str, str]:
    # `sub` is the id of the user, or of the client if it acts for no user.
    return {"message": f"Hello, {claims['sub']}", "client_id": claims["client_id"]}
