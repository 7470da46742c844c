// Does what a service does, with oauth4webapi: discovery, client credentials, introspection and revocation. Prints what it found as JSON.
// With `keys`, creates a key for ALGORITHM instead, and prints both halves.
import * as oauth from "oauth4webapi";

const { ALGORITHM, CLIENT_ID, ISSUER, KEY, METHOD, ORIGIN, RESOURCE, SECRET } = process.env;
const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
};

async function createKeys() {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[ALGORITHM], true, ["sign", "verify"]);
  const [publicKey, privateKey] = await Promise.all(
    [pair.publicKey, pair.privateKey].map((key) => crypto.subtle.exportKey("jwk", key)),
  );
  const { kty, crv, x, y, n, e } = publicKey;
  return { public: { kty, crv, x, y, n, e }, private: privateKey };
}

async function authentication() {
  if (METHOD === "client_secret_basic") return oauth.ClientSecretBasic(SECRET);
  if (METHOD === "client_secret_post") return oauth.ClientSecretPost(SECRET);
  const key = await crypto.subtle.importKey("jwk", JSON.parse(KEY), ALGORITHMS[ALGORITHM], false, ["sign"]);
  return oauth.PrivateKeyJwt(key);
}

async function useService() {
  const options = {
    [oauth.allowInsecureRequests]: true,
    // The issuer is a host name, and the server of the tests listens on an address.
    [oauth.customFetch]: (url, init) => fetch(String(url).replace(ISSUER, ORIGIN), init),
  };
  const issuer = new URL(ISSUER);
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
  const server = await oauth.processDiscoveryResponse(issuer, discovered);
  const client = { client_id: CLIENT_ID };
  const auth = await authentication();
  const granted = await oauth.clientCredentialsGrantRequest(server, client, auth, { resource: RESOURCE }, options);
  const { access_token: token, expires_in, scope, token_type } = await oauth.processClientCredentialsResponse(server, client, granted);
  const introspect = async () => {
    const response = await oauth.introspectionRequest(server, client, auth, token, options);
    return oauth.processIntrospectionResponse(server, client, response);
  };
  const { active, client_id, sub } = await introspect();
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, token, options));
  const afterwards = await introspect();
  return { active, afterwards, client_id, expires_in, scope, sub, token_type };
}

console.log(JSON.stringify(await (process.argv[2] === "keys" ? createKeys() : useService())));
