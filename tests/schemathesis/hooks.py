"""What schemathesis has to know about this service: who its callers are, and that limits count by network.

A check of our own says what every reply has, beside those that the description says.
"""

import os
import threading
from itertools import count

import requests
import schemathesis

ORIGIN = os.environ["EDGE_AUTH_ORIGIN"]
# CALLER=USERNAME=PASSWORD, one a line.
PEOPLE = dict(line.split("=", 1) for line in os.environ["EDGE_AUTH_PEOPLE"].splitlines())
# Who asks where; everywhere else it is the user. Whoever tries passwords is slowed down, and should slow down nobody else.
CALLERS = {
    "/api/auth/audit": "admin",
    "/api/auth/audit/verify": "super_admin",
    "/api/auth/aws-credentials": "admin",
    "/api/auth/change-password": "guesser",
    "/api/auth/nvidia-credentials": "admin",
}
ENDING = ("/logout", "/logout-all", "/refresh")
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "content-type": "application/json",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "vary": "Origin",
    "x-content-type-options": "nosniff",
}

networks = count(1)
tokens = {}
# Keeps the cookie of a known device: schemathesis learns user names from replies and guesses passwords for them, which slows
# down everybody else.
device = requests.Session()
lock = threading.Lock()


def address():
    """A network of its own for every request."""
    number = next(networks)
    return f"2001:{number >> 16:x}:{number & 0xFFFF:x}::1"


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        caller = CALLERS.get(case.operation.path, "user")
        with lock:
            if caller not in tokens:
                username, password = PEOPLE[caller].split("=", 1)
                reply = device.post(
                    f"{ORIGIN}/api/auth/login",
                    json={"username": username, "password": password},
                    headers={"cf-connecting-ip": address()},
                    timeout=30,
                )
                reply.raise_for_status()
                tokens[caller] = reply.json()["token"]
            return tokens[caller]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["CF-Connecting-IP"] = address()


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 200 and case.operation.path.endswith(ENDING):
        with lock:
            tokens.pop(CALLERS.get(case.operation.path, "user"), None)


@schemathesis.check
def what_every_reply_has(context, response, case):
    for name, value in HEADERS.items():
        found = response.headers.get(name)
        assert found and found == [value], f"{name}: {found}"
    if response.status_code >= 400 and case.method != "HEAD":
        body = response.json()
        assert list(body) in (["detail"], ["success", "message"]), f"no envelope: {body}"
