// An application (FLOW `code`) or a service (FLOW `service`) that uses openid-client.
import * as openid from "openid-client";
import { CLIENT_ID, FLOW, finish, importKey, ISSUER, listen, METHOD, open, RESOURCE, SCOPE, SECRET, userOf } from "./application.mjs";

const auth = await {
  none: () => openid.None(),
  client_secret_basic: () => openid.ClientSecretBasic(SECRET),
  client_secret_post: () => openid.ClientSecretPost(SECRET),
  private_key_jwt: async () => openid.PrivateKeyJwt(await importKey()),
}[METHOD]();
const config = await openid.discovery(new URL(ISSUER), CLIENT_ID, undefined, auth, {
  algorithm: FLOW === "code" ? "oidc" : "oauth2",
  execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
});

async function introspect(token) {
  const { active, sub } = await openid.tokenIntrospection(config, token);
  return active && sub;
}

async function signIn() {
  const { redirectUri, response } = await listen();
  const kept = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState(), expectedNonce: openid.randomNonce() };
  open(
    openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: SCOPE,
      state: kept.expectedState,
      nonce: kept.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(kept.pkceCodeVerifier),
      code_challenge_method: "S256",
      ...(RESOURCE && { resource: RESOURCE }),
    }),
  );
  const granted = await openid.authorizationCodeGrant(config, await response, { ...kept, idTokenExpected: true, maxAge: 3600 });
  const { sub } = granted.claims();
  const refreshed = await openid.refreshTokenGrant(config, granted.refresh_token);
  const found = { id_token: sub, scope: granted.scope, refresh: refreshed.refresh_token !== granted.refresh_token };
  if (!RESOURCE) found.user_info = userOf(await openid.fetchUserInfo(config, refreshed.access_token, sub));
  if (METHOD !== "none") found.introspection = [await introspect(refreshed.access_token)];
  await openid.tokenRevocation(config, refreshed.refresh_token);
  found.introspection?.push(await introspect(refreshed.access_token));
  found.revocation = await openid.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error.error);
  return found;
}

async function getToken() {
  const { access_token: token, scope } = await openid.clientCredentialsGrant(config, { resource: RESOURCE, scope: SCOPE });
  const before = await introspect(token);
  await openid.tokenRevocation(config, token);
  return { scope, introspection: [before, await introspect(token)] };
}

finish(await (FLOW === "code" ? signIn() : getToken()));
