// Verifies access tokens with the public keys of Edge Auth. Copy this file.
import { createRemoteJWKSet, jwtVerify } from "jose";

const TIMEOUT_MS = 3_000;
/** A key that Edge Auth no longer publishes is accepted for at most this long. */
const KEYS_TTL_MS = 300_000;

/** The error codes of jose for an invalid token. Any other error means that the keys are not available. */
const INVALID_TOKEN = new Set([
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWS_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JWT_CLAIM_VALIDATION_FAILED",
  "ERR_JWT_EXPIRED",
  "ERR_JWT_INVALID",
]);

/**
 * Returns a function that returns the claims of a valid access token for this resource, and undefined for any other token. It throws
 * if the keys are not available.
 */
export function createVerifier({ issuer, resource }) {
  const keys = createRemoteJWKSet(new URL("/oauth/jwks.json", issuer), { cacheMaxAge: KEYS_TTL_MS, timeoutDuration: TIMEOUT_MS });
  const expected = {
    algorithms: ["ES256"],
    audience: resource,
    issuer,
    requiredClaims: ["client_id", "exp", "iat", "jti", "sub"],
    typ: "at+jwt",
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      return payload;
    } catch (error) {
      if (INVALID_TOKEN.has(error.code)) return undefined;
      throw error;
    }
  };
}
