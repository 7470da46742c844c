// A program that uses AppAuth-JS as in Node: it listens on a loopback port, and would start a browser. AppAuth does not verify ID
// tokens, and has no request for user info.
import {
  AuthorizationNotifier,
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  GRANT_TYPE_AUTHORIZATION_CODE,
  GRANT_TYPE_REFRESH_TOKEN,
  RevokeTokenRequest,
  TokenRequest,
} from "@openid/appauth";
import { NodeCrypto } from "@openid/appauth/built/src/node_support/crypto_utils.js";
import { NodeBasedHandler, NodeRequestor } from "@openid/appauth/built/src/node_support/index.js";
import { CLIENT_ID, finish, ISSUER, listen, METHOD, open, SCOPE, SECRET } from "./application.mjs";

/** The test opens the address. AppAuth finds no browser, because the test sets PATH. */
class Handler extends NodeBasedHandler {
  buildRequestUrl(configuration, request) {
    const url = super.buildRequestUrl(configuration, request);
    open(url);
    return url;
  }
}

/** A port that was free a moment ago, because AppAuth takes a number. */
async function freePort() {
  const { redirectUri, stop } = await listen();
  stop();
  return Number(new URL(redirectUri).port);
}

const requestor = new NodeRequestor();
const configuration = await AuthorizationServiceConfiguration.fetchFromIssuer(ISSUER, requestor);
const port = await freePort();
const redirectUri = `http://127.0.0.1:${port}/callback`;
const secret = METHOD === "client_secret_post" ? { client_secret: SECRET } : {};
const handler = new Handler(port);
const notifier = new AuthorizationNotifier();
handler.setAuthorizationNotifier(notifier);
const answered = new Promise((resolve, reject) => {
  notifier.setAuthorizationListener((request, response, error) => (response ? resolve({ request, response }) : reject(error)));
});
const begun = new AuthorizationRequest(
  { client_id: CLIENT_ID, redirect_uri: redirectUri, scope: SCOPE, response_type: AuthorizationRequest.RESPONSE_TYPE_CODE },
  new NodeCrypto(),
);
handler.performAuthorizationRequest(configuration, begun);
const { request, response } = await answered;

const tokens = new BaseTokenRequestHandler(requestor);
const form = { client_id: CLIENT_ID, redirect_uri: redirectUri };
const granted = await tokens.performTokenRequest(
  configuration,
  new TokenRequest({
    ...form,
    grant_type: GRANT_TYPE_AUTHORIZATION_CODE,
    code: response.code,
    extras: { ...secret, code_verifier: request.internal.code_verifier },
  }),
);
const refresh = (token) => new TokenRequest({ ...form, grant_type: GRANT_TYPE_REFRESH_TOKEN, refresh_token: token, extras: secret });
const refreshed = await tokens.performTokenRequest(configuration, refresh(granted.refreshToken));
await tokens.performRevokeTokenRequest(
  configuration,
  new RevokeTokenRequest({ token: refreshed.refreshToken, client_id: CLIENT_ID, ...secret }),
);
// AppAuth reports only the status text of a refusal, so the test reads the response itself.
const body = new URLSearchParams(refresh(refreshed.refreshToken).toStringMap());
const refused = await fetch(configuration.tokenEndpoint, { method: "POST", body });
finish({
  scope: granted.scope,
  refresh: refreshed.refreshToken !== granted.refreshToken,
  revocation: (await refused.json()).error,
});
