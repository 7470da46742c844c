// Signs in with AWS's SDK for JavaScript. usage: node sdk_login.mjs URL START_URL

import { SSOClient, GetRoleCredentialsCommand, ListAccountRolesCommand, ListAccountsCommand, LogoutCommand } from "@aws-sdk/client-sso";
import {
  AuthorizationPendingException,
  CreateTokenCommand,
  InvalidClientException,
  InvalidGrantException,
  RegisterClientCommand,
  SlowDownException,
  SSOOIDCClient,
  StartDeviceAuthorizationCommand,
} from "@aws-sdk/client-sso-oidc";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const [endpoint, startUrl] = process.argv.slice(2);
const options = { endpoint, region: "us-east-1", maxAttempts: 1 };
const oidc = new SSOOIDCClient(options);

const { clientId, clientSecret } = await oidc.send(
  new RegisterClientCommand({ clientName: "sdk login", clientType: "public", scopes: ["sso:account:access"] }),
);
await assert.rejects(
  oidc.send(new StartDeviceAuthorizationCommand({ clientId, clientSecret: "other", startUrl })),
  (error) => error instanceof InvalidClientException && error.$metadata.httpStatusCode === 401,
);
const device = await oidc.send(new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl }));
const poll = () =>
  oidc.send(
    new CreateTokenCommand({
      clientId,
      clientSecret,
      deviceCode: device.deviceCode,
      grantType: "urn:ietf:params:oauth:grant-type:device_code",
    }),
  );
await assert.rejects(poll, (error) => error instanceof AuthorizationPendingException && error.error === "authorization_pending");
await assert.rejects(poll, (error) => error instanceof SlowDownException);
await sleep(device.interval * 1000);
const body = new URLSearchParams({ user_code: device.userCode, user: "grace.hopper@example.com" });
assert.equal((await fetch(`${endpoint}/approve`, { method: "POST", body })).status, 200);
const { accessToken, refreshToken } = await poll();
assert.ok(refreshToken);
await sleep(device.interval * 1000);
await assert.rejects(poll, (error) => error instanceof InvalidGrantException);

const sso = new SSOClient(options);
const { accountList } = await sso.send(new ListAccountsCommand({ accessToken }));
const { accountId } = accountList[0];
const { roleList } = await sso.send(new ListAccountRolesCommand({ accessToken, accountId }));
assert.deepEqual(roleList.map((role) => role.roleName), ["Developer", "Administrator"]);
const { roleCredentials } = await sso.send(
  new GetRoleCredentialsCommand({ accessToken, accountId, roleName: "Administrator" }),
);
assert.ok(roleCredentials.expiration > Date.now(), "milliseconds");
// The portal returns milliseconds. Seconds would be a time in the past, and the signer would refuse it.
const credentials = { ...roleCredentials, expiration: new Date(roleCredentials.expiration) };
const sts = new STSClient({ ...options, credentials });
const caller = await sts.send(new GetCallerIdentityCommand({}));
assert.match(caller.Arn, /:assumed-role\/AWSReservedSSO_Administrator_[0-9a-f]{16}\/grace\.hopper@example\.com$/);
const stranger = new STSClient({ ...options, credentials: { ...credentials, secretAccessKey: "wrong" } });
await assert.rejects(stranger.send(new GetCallerIdentityCommand({})), { name: "SignatureDoesNotMatch" });

await sso.send(new LogoutCommand({ accessToken }));
await assert.rejects(sso.send(new ListAccountsCommand({ accessToken })), { name: "UnauthorizedException" });
console.log(caller.Arn);
