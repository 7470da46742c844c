// Asks Edge Auth whether an access token is active. Copy this file.
const TIMEOUT_MS = 3_000;

/** The value in the form of application/x-www-form-urlencoded, as RFC 6749 section 2.3.1 requires in the header. */
const encode = (value) => new URLSearchParams({ value }).toString().slice("value=".length);

/**
 * Returns a function with the same interface as that of `createVerifier`. It also refuses revoked tokens. `clientId` and
 * `clientSecret` are those of this API. The function throws if Edge Auth does not respond with 200.
 */
export function createIntrospector({ issuer, resource, clientId, clientSecret }) {
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString("base64");
  return async (token) => {
    const response = await fetch(new URL("/oauth/introspect", issuer), {
      method: "POST",
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ token }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // 401 means that the credentials of this API are wrong, not that the token is.
    if (response.status !== 200) throw new Error(`introspection returned status ${response.status}`);
    const { active, ...claims } = await response.json();
    return active === true && claims.iss === issuer && claims.aud === resource ? claims : undefined;
  };
}
