"""Gives requests the valid parameters of registered OAuth clients, in turns.

Generated parameters alone get no further than the first check. Some requests therefore have the valid parameters of a client, except
for one that stays as it was generated, or with one mistake. The requests of a route take turns, so that a run has all of them.
"""

import threading
from itertools import count, cycle
from uuid import uuid4

import mistakes
import pages
from clients import (
    AUTHORIZE,
    BASIC,
    CLIENTS,
    LOGOUT,
    POST,
    PUBLIC,
    RESOURCE,
    SETUP,
    SIGNED_OUT,
    TOKEN,
    authorization,
)

# The routes on which a client authenticates.
CLIENT_ROUTES = (TOKEN, "/oauth/introspect", "/oauth/revoke")

lock = threading.Lock()


def token_form(client, grant):
    if grant == "client_credentials":
        return {"grant_type": grant, "resource": RESOURCE, "scope": "reports:read"}
    if grant == "authorization_code":
        return client.redemption(client.code()) | {"resource": RESOURCE}
    return {
        "grant_type": grant,
        "refresh_token": client.tokens()["refresh_token"],
        "scope": "reports:read",
        "resource": RESOURCE,
    }


def about_token(client, kind):
    if kind == "client":
        return {"token": BASIC.own_token(RESOURCE, "reports:read")} if client is not PUBLIC else about_token(client, "access_token")
    return {"token": client.tokens()[kind]}


# The number of turns of each choice in which everything is valid.
VALID = 3


def turns(choices, names, faults):
    """Pairs of a choice and what is not valid: nothing, a parameter that stays generated, or a mistake."""
    for number, choice in enumerate(choices):
        for invalid in (*names(choice), *faults[number :: len(choices)]):
            yield choice, invalid
        yield from [(choice, None)] * VALID


GRANTS = ("client_credentials", "authorization_code", "refresh_token")
GRANT_PARAMETERS = {
    "client_credentials": ("client_id", "resource", "scope"),
    "authorization_code": ("client_id", "code", "code_verifier", "redirect_uri", "resource"),
    "refresh_token": ("client_id", "refresh_token", "resource", "scope"),
}
# Each route: the valid parameters of a client, and the turns.
ROUTES = {
    ("POST", TOKEN): (
        token_form,
        [*turns(GRANTS, GRANT_PARAMETERS.get, mistakes.FORM + mistakes.CLIENT), *((grant, mistake) for grant in GRANTS for mistake in mistakes.GRANT[grant])],
    ),
    **{
        ("POST", path): (
            about_token,
            [*turns(("client", "access_token", "refresh_token"), lambda _: ("client_id", "token"), mistakes.FORM + mistakes.CLIENT)],
        )
        for path in CLIENT_ROUTES[1:]
    },
    **{
        (method, AUTHORIZE): (
            lambda client, _: authorization(client),
            [*turns(("",), lambda _: (*authorization(PUBLIC), "prompt", "max_age"), mistakes.AUTHORIZE + more)],
        )
        for method, more in (("GET", (mistakes.too_many,)), ("POST", mistakes.FORM))
    },
    **{
        (method, LOGOUT): (
            lambda client, _: {"client_id": client.id, "post_logout_redirect_uri": SIGNED_OUT},
            [*turns(("",), lambda _: ("client_id", "post_logout_redirect_uri"), mistakes.LOGOUT + more)],
        )
        for method, more in (("GET", (mistakes.too_many,)), ("POST", mistakes.FORM))
    },
    ("POST", pages.READ): (
        pages.authorization_request,
        [*turns(pages.PROMPTS, lambda _: ("request",), mistakes.PAGE + mistakes.AUTHORIZATION_REQUEST)],
    ),
    ("POST", pages.CONSENT): (
        pages.decision,
        [
            *turns(
                pages.DECISIONS,
                lambda _: ("request", "decision", "user", "scopes"),
                mistakes.PAGE + mistakes.AUTHORIZATION_REQUEST + mistakes.SESSION,
            )
        ],
    ),
    ("POST", pages.SIGN_OUT): (
        pages.sign_out_request,
        [*turns(pages.HINTS, lambda _: ("request",), mistakes.PAGE)],
    ),
}
OPTIONAL = ("response_mode", "prompt", "max_age", "id_token_hint", "login_hint")
# Every fifth request stays as it was generated.
TURNS = {route: (valid, cycle(each), count()) for route, (valid, each) in ROUTES.items()}
# Clients and users whose objects other requests must not change.
PROTECTED = {SETUP["owner"], *(client.id for client in CLIENTS)}


def fill(case, has_token):
    """Gives a request the valid parameters of a client. A request of a page also gets the session cookie. `has_token` states whether it has the
    current token of its caller."""
    if case.method != "GET" and isinstance(case.path_parameters, dict) and case.path_parameters.get("id") in PROTECTED:
        case.path_parameters["id"] = str(uuid4())
    route = case.method, case.operation.path
    form = case.body if case.method == "POST" else case.query
    if route not in TURNS or case.method != case.operation.method.upper() or not isinstance(form, dict):
        return
    if case.operation.path in pages.PAGE_ROUTES and not has_token:
        # schemathesis checks that the credentials that it generates are refused.
        return
    valid, each, number = TURNS[route]
    with lock:
        number = next(number)
        if number % 5 == 4:
            return
        # Shifted after each round, so that a turn is not always that of the same client.
        client = CLIENTS[(number + number // 3) % 3]
        if case.meta and case.meta.generation.mode.is_negative:
            # What is wrong stays wrong, behind the authentication of the client.
            choice, mistake = None, None
        else:
            choice, mistake = next(each)
    if case.operation.path == "/oauth/introspect" and client is PUBLIC:
        client = POST
    if callable(mistake):
        # Nothing else may be wrong.
        form.clear()
    if case.operation.path in CLIENT_ROUTES and mistake != "client_id":
        client.authenticate(form, case.headers)
    if choice is None:
        return
    parameters = valid(client, choice)
    for name in (*parameters, *(name for name in OPTIONAL if name != mistake)):
        if name != mistake:
            form.pop(name, None)
            form.update({name: parameters[name]} if name in parameters else {})
    if case.operation.path == AUTHORIZE:
        case.headers["Cookie"] = SETUP["cookie"]
    if case.operation.path in pages.PAGE_ROUTES:
        # A request with a token does not use the session cookie.
        case.headers.pop("Authorization", None)
        case.headers.update(pages.browser(parameters["request"]))
    if callable(mistake):
        mistake(form, case.headers, client)
