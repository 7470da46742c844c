"""A login by boto3, whose service models are AWS's: device flow, portal, STS, Identity Store.

usage: boto3_login.py URL START_URL APP_KEY_ID APP_SECRET (the key of a user with access to Identity Store)
"""

import sys
import time
import urllib.parse
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

URL, START_URL, KEY_ID, SECRET = sys.argv[1:]
STORE = "d-9067f7a1b2"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def client(service, **credentials):
    options = {} if credentials else {"config": Config(signature_version=UNSIGNED)}
    return boto3.client(service, region_name="us-east-1", endpoint_url=URL, **credentials, **options)


def approve(user_code, user):
    form = urllib.parse.urlencode({"user_code": user_code, "user": user}).encode()
    urllib.request.urlopen(URL + "/approve", form).read()


def refused(expected, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (expected, status), got
        return error
    raise AssertionError(f"{expected} expected")


oidc = client("sso-oidc")
registration = oidc.register_client(
    clientName="boto3 login", clientType="public", scopes=["sso:account:access"], grantTypes=[GRANT]
)
assert 1000 < len(registration["clientSecret"]) < 2048
assert registration["clientSecretExpiresAt"] > registration["clientIdIssuedAt"] > 1_600_000_000
known = {name: registration[name] for name in ("clientId", "clientSecret")}
assert isinstance(
    refused("InvalidClientException", 401, oidc.start_device_authorization,
            clientId=known["clientId"], clientSecret="other", startUrl=START_URL),
    oidc.exceptions.InvalidClientException,
)
refused("InvalidScopeException", 400, oidc.register_client, clientName="x", clientType="public", scopes=["y"])

device = oidc.start_device_authorization(startUrl=START_URL, **known)
poll = dict(grantType=GRANT, deviceCode=device["deviceCode"], **known)
error = refused("AuthorizationPendingException", 400, oidc.create_token, **poll)
assert error.response["error"] == "authorization_pending"
assert isinstance(refused("SlowDownException", 400, oidc.create_token, **poll), oidc.exceptions.SlowDownException)
time.sleep(device["interval"])
approve(device["userCode"], "Zoë.O'Neil")
token = oidc.create_token(**poll)
assert token["tokenType"] == "Bearer" and token["expiresIn"] == 28800
time.sleep(device["interval"])
refused("InvalidGrantException", 400, oidc.create_token, **poll)

sso = client("sso")
bearer = {"accessToken": token["accessToken"]}
accounts = [account for page in sso.get_paginator("list_accounts").paginate(**bearer) for account in page["accountList"]]
account = accounts[0]["accountId"]
roles = sso.list_account_roles(accountId=account, **bearer)["roleList"]
role = sso.get_role_credentials(accountId=account, roleName=roles[0]["roleName"], **bearer)["roleCredentials"]
assert role["expiration"] > 1_600_000_000_000, "milliseconds"

session = dict(
    aws_access_key_id=role["accessKeyId"],
    aws_secret_access_key=role["secretAccessKey"],
    aws_session_token=role["sessionToken"],
)
caller = client("sts", **session).get_caller_identity()
assert caller["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Developer_"), caller["Arn"]
assert caller["Arn"].endswith("/Zoë.O'Neil") and caller["UserId"].endswith(":Zoë.O'Neil"), caller
refused("SignatureDoesNotMatch", 403,
        client("sts", **{**session, "aws_secret_access_key": "wrong"}).get_caller_identity)
refused("InvalidClientTokenId", 403,
        client("sts", **{**session, "aws_session_token": "wrong"}).get_caller_identity)

store = client("identitystore", aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET)
name = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": "Zoë.O'Neil"}}
user_id = store.get_user_id(IdentityStoreId=STORE, AlternateIdentifier=name)["UserId"]
user = store.describe_user(IdentityStoreId=STORE, UserId=user_id)
assert (user["DisplayName"], user["Emails"][0]["Value"]) == ("Zoë O'Neil", "zoe@example.com"), user
name["UniqueAttribute"]["AttributeValue"] = "no.one"
error = refused("ResourceNotFoundException", 400, store.get_user_id, IdentityStoreId=STORE, AlternateIdentifier=name)
assert error.response["ResourceType"] == "USER"
refused("AccessDeniedException", 400, client("identitystore", **session).describe_user,
        IdentityStoreId=STORE, UserId=user_id)

sso.logout(**bearer)
refused("UnauthorizedException", 401, sso.list_accounts, **bearer)
print(caller["Arn"])
