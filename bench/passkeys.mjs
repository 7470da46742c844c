// Sign-ins with passkeys. The service accepts each response of an authenticator once, so there are more of them than a run sends.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { CURRENT } from "./builds.mjs";
import { ADDRESSES, createUsers } from "./edge_auth.mjs";

/** Per Worker: more sign-ins than it handles in 10 seconds. Twice the number would expire before the measurement begins. */
const SIGN_INS = 12_000;
const USERS = 100;
/** Requests in flight while the challenges are fetched. */
const PARALLEL = 16;

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
/** The flags of authenticator data. */
const USER_PRESENT_AND_VERIFIED = 0x05;

/** The requests of sign-ins with a passkey, each of which is accepted once, within five minutes. */
export async function createPasskeySignIns(miniflare, origin, root) {
  const passkeys = await createPasskeys(miniflare, origin, root);
  const { cookie } = await challenge(origin, ADDRESSES[0]);
  const requests = [];
  const fetchAll = async () => {
    while (requests.length < SIGN_INS) {
      const index = requests.push(undefined) - 1;
      const address = ADDRESSES[index % ADDRESSES.length];
      const { state, options } = await challenge(origin, address, cookie);
      const credential = passkeys[index % USERS].get(options);
      const body = JSON.stringify({ method: "passkey", session: "token", state, credential });
      const headers = { ...OWN_PAGE, cookie, "cf-connecting-ip": address };
      requests[index] = { method: "POST", path: "/api/auth/sign-in", headers, body };
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, fetchAll));
  return requests;
}

const OWN_PAGE = { "sec-fetch-site": "same-origin" };

/** Begins a sign-in. The first one of a browser sets the cookie that the challenges are bound to. */
async function challenge(origin, address, cookie) {
  const headers = { ...OWN_PAGE, "content-type": "application/json", "cf-connecting-ip": address, ...(cookie && { cookie }) };
  const response = await fetch(`${origin}/api/auth/sign-in/passkey-options`, { method: "POST", headers, body: "{}" });
  const text = await response.text();
  if (!response.ok) throw new Error(`passkey-options: ${response.status} ${text}`);
  return { ...JSON.parse(text), cookie: cookie ?? response.headers.get("set-cookie").split(";")[0] };
}

/** Gives users a passkey each. Returns their authenticators. */
async function createPasskeys(miniflare, origin, root) {
  const names = await createUsers(miniflare, origin, USERS, root);
  const database = await miniflare.getD1Database("DB");
  const insert = database.prepare(
    `INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, is_backup_eligible, is_backed_up, created_at)
     SELECT ?1, id, ?2, ?3, 0, 'Laptop', '["internal"]', 0, 0, created_at FROM users WHERE username = ?4 RETURNING user_id`,
  );
  return Promise.all(
    names.map(async (name) => {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const credential = base64url(sha256(name));
      const { results } = await insert.bind(randomUUID(), credential, base64url(cose(publicKey)), name).all();
      const userHandle = base64url(Buffer.from(results[0].user_id.replaceAll("-", ""), "hex"));
      return { get: (options) => assertion(options, { credential, privateKey, userHandle }) };
    }),
  );
}

/** The public key as COSE_Key (RFC 9053), for ES256. */
function cose(publicKey) {
  const { x, y } = publicKey.export({ format: "jwk" });
  return Buffer.concat([Buffer.from("a5010203262001215820", "hex"), Buffer.from(x, "base64url"), Buffer.from("225820", "hex"), Buffer.from(y, "base64url")]);
}

/** What `navigator.credentials.get()` returns on a page of the service, for an authenticator without a counter. */
function assertion({ challenge, rpId }, { credential, privateKey, userHandle }) {
  const clientData = Buffer.from(JSON.stringify({ type: "webauthn.get", challenge, origin: CURRENT.variables.JWT_ISSUER, crossOrigin: false }));
  const authenticatorData = Buffer.concat([sha256(rpId), Buffer.from([USER_PRESENT_AND_VERIFIED, 0, 0, 0, 0])]);
  const signature = sign("sha256", Buffer.concat([authenticatorData, sha256(clientData)]), privateKey);
  return {
    id: credential,
    rawId: credential,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
      userHandle,
    },
  };
}
