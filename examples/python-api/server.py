"""An API whose callers send a token of Edge Auth. Copy `authenticate` and what it uses."""

import os
import re
import time
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException

EDGE_AUTH_URL = os.environ.get("EDGE_AUTH_URL", "http://localhost:8787")
TIMEOUT_SECONDS = 3
# A revoked token is accepted for this much longer than by Edge Auth itself.
CACHE_TTL_SECONDS = 10
MAX_CACHED_TOKENS = 10_000

User = dict[str, Any]

# The users of tokens that were valid a moment ago, with the time until which they are kept, oldest first.
cache: dict[str, tuple[User, float]] = {}
client = httpx.AsyncClient(base_url=EDGE_AUTH_URL, timeout=TIMEOUT_SECONDS, follow_redirects=False)


async def authenticate(authorization: Annotated[str | None, Header()] = None) -> User:
    """Returns the user whose token the header `Authorization` carries. Raises if there is none: fails closed."""
    match = re.fullmatch(r"Bearer +([\x21-\x7e]+)", authorization or "", re.IGNORECASE)
    if match is None:
        raise unauthenticated("Bearer")
    token = match[1]
    user, until = cache.get(token, ({}, 0.0))
    if until > time.monotonic():
        return user
    cache.pop(token, None)

    user = await validate(token)
    if len(cache) >= MAX_CACHED_TOKENS:
        del cache[next(iter(cache))]
    cache[token] = (user, time.monotonic() + CACHE_TTL_SECONDS)
    return user


async def validate(token: str) -> User:
    try:
        response = await client.get("/api/auth/validate", headers={"authorization": f"Bearer {token}"})
        if response.status_code == 200:
            return response.json()["user"]
    except (httpx.HTTPError, ValueError, KeyError):
        raise unavailable("1") from None
    if response.status_code == 401:
        raise unauthenticated('Bearer error="invalid_token"')
    # 429 and 503 say when to try again. Any other status means that EDGE_AUTH_URL is wrong.
    raise unavailable(response.headers.get("retry-after", "1"))


def unauthenticated(challenge: str) -> HTTPException:
    return HTTPException(401, "Invalid or expired token", {"www-authenticate": challenge})


def unavailable(retry_after: str) -> HTTPException:
    return HTTPException(503, "Authentication is unavailable", {"retry-after": retry_after})


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/hello")
async def hello(user: Annotated[User, Depends(authenticate)]) -> dict[str, str]:
    return {"message": f"Hello, {user['username']}", "role": user["role"]}
