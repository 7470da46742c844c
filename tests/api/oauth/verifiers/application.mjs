// An application that uses oauth4webapi: discovery, authorization code with PKCE, ID token, user info and refresh. `begin` prints
// the address that a browser opens, and the values that the application keeps. `end` takes both and the address that the browser
// has returned to, and prints its results as JSON.
import * as oauth from "oauth4webapi";

const { CALLBACK, CLIENT_ID, ISSUER, KEPT, ORIGIN, REDIRECT_URI, RESOURCE, SCOPE } = process.env;
const options = {
  [oauth.allowInsecureRequests]: true,
  // The issuer is a host name, and the server of the tests listens on an address.
  [oauth.customFetch]: (url, init) => fetch(String(url).replace(ISSUER, ORIGIN), init),
};
const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...options }));
const client = { client_id: CLIENT_ID };

async function begin() {
  const kept = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(kept.verifier),
    code_challenge_method: "S256",
    ...(RESOURCE && { resource: RESOURCE }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { kept, url };
}

async function end() {
  const { verifier, state, nonce } = JSON.parse(KEPT);
  const auth = oauth.None();
  const parameters = oauth.validateAuthResponse(server, client, new URL(CALLBACK), state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, REDIRECT_URI, verifier, options);
  const granted = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    maxAge: 3600,
    requireIdToken: true,
  });
  const claims = oauth.getValidatedIdTokenClaims(granted);
  await oauth.validateApplicationLevelSignature(server, response, options);
  const refresh = await oauth.refreshTokenGrantRequest(server, client, auth, granted.refresh_token, options);
  const refreshed = await oauth.processRefreshTokenResponse(server, client, refresh);
  const found = { sub: claims.sub, scope: granted.scope, rotated: refreshed.refresh_token !== granted.refresh_token };
  if (RESOURCE) return found;
  const info = await oauth.userInfoRequest(server, client, refreshed.access_token, options);
  return { ...found, user: await oauth.processUserInfoResponse(server, client, claims.sub, info) };
}

console.log(JSON.stringify(await (process.argv[2] === "begin" ? begin() : end())));
