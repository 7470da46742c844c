// Verifies the cases of `../differential` with SimpleWebAuthn: one case in JSON per line of the input, one verdict per line of the
// output.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.EDGE_AUTH_MODULES}/package.json`);
const server = await import(pathToFileURL(require.resolve("@simplewebauthn/server")).href);

async function verify(test) {
  const common = {
    response: test.credential,
    expectedChallenge: test.challenge,
    expectedOrigin: test.origin,
    expectedRPID: test.rp_id,
    requireUserVerification: true,
  };
  if (test.kind === "registration") {
    return await server.verifyRegistrationResponse({ ...common, supportedAlgorithmIDs: [-7, -8, -257] });
  }
  const credential = {
    id: test.credential.id,
    publicKey: Uint8Array.from(Buffer.from(test.public_key, "base64url")),
    counter: test.stored_count,
  };
  return await server.verifyAuthenticationResponse({ ...common, credential });
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { verified } = await verify(JSON.parse(line));
    console.log(verified ? "accepted" : "not verified");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`.replaceAll("\n", " "));
  }
}
