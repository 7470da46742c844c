// An application (FLOW `code`) or a service (FLOW `service`) that uses oauth4webapi.
import * as oauth from "oauth4webapi";
import { CLIENT_ID, FLOW, finish, importKey, ISSUER, listen, METHOD, open, RESOURCE, SCOPE, SECRET, userOf } from "./application.mjs";

const options = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);
const algorithm = FLOW === "code" ? "oidc" : "oauth2";
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...options }));
const client = { client_id: CLIENT_ID };
const auth = await {
  none: () => oauth.None(),
  client_secret_basic: () => oauth.ClientSecretBasic(SECRET),
  client_secret_post: () => oauth.ClientSecretPost(SECRET),
  private_key_jwt: async () => oauth.PrivateKeyJwt(await importKey()),
}[METHOD]();

async function introspect(token) {
  const response = await oauth.introspectionRequest(server, client, auth, token, options);
  const { active, sub } = await oauth.processIntrospectionResponse(server, client, response);
  return active && sub;
}

const revoke = async (token) => oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, token, options));

async function refresh(token) {
  const response = await oauth.refreshTokenGrantRequest(server, client, auth, token, options);
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function signIn() {
  const { redirectUri, response } = await listen();
  const kept = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope: SCOPE,
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(kept.verifier),
    code_challenge_method: "S256",
    ...(RESOURCE && { resource: RESOURCE }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  open(url);
  const callback = oauth.validateAuthResponse(server, client, await response, kept.state);
  const redeemed = await oauth.authorizationCodeGrantRequest(server, client, auth, callback, redirectUri, kept.verifier, options);
  const granted = await oauth.processAuthorizationCodeResponse(server, client, redeemed, {
    expectedNonce: kept.nonce,
    maxAge: 3600,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, redeemed, options);
  const { sub } = oauth.getValidatedIdTokenClaims(granted);
  const refreshed = await refresh(granted.refresh_token);
  const found = { id_token: sub, scope: granted.scope, refresh: refreshed.refresh_token !== granted.refresh_token };
  if (!RESOURCE) {
    const info = await oauth.userInfoRequest(server, client, refreshed.access_token, options);
    found.user_info = userOf(await oauth.processUserInfoResponse(server, client, sub, info));
  }
  if (METHOD !== "none") found.introspection = [await introspect(refreshed.access_token)];
  await revoke(refreshed.refresh_token);
  found.introspection?.push(await introspect(refreshed.access_token));
  found.revocation = await refresh(refreshed.refresh_token).catch((error) => error.error);
  return found;
}

async function getToken() {
  const response = await oauth.clientCredentialsGrantRequest(server, client, auth, { resource: RESOURCE, scope: SCOPE }, options);
  const { access_token: token, scope } = await oauth.processClientCredentialsResponse(server, client, response);
  const before = await introspect(token);
  await revoke(token);
  return { scope, introspection: [before, await introspect(token)] };
}

finish(await (FLOW === "code" ? signIn() : getToken()));
