// Verifies the access token TOKEN with jose and the keys at JWKS_URL.
import { createRemoteJWKSet, jwtVerify } from "jose";

const { AUDIENCE, ISSUER, JWKS_URL, TOKEN } = process.env;
try {
  const { payload } = await jwtVerify(TOKEN, createRemoteJWKSet(new URL(JWKS_URL)), {
    algorithms: ["ES256"],
    audience: AUDIENCE,
    issuer: ISSUER,
    requiredClaims: ["sub", "client_id", "exp", "iat", "jti"],
    typ: "at+jwt",
  });
  console.log(`accepted ${payload.sub}`);
} catch (error) {
  console.log(`refused ${error.code}`);
}
