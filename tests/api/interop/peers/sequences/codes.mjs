// Redemptions of authorization codes.
import { OTHER_RESOURCE, RESOURCE } from "../client.mjs";
import { afterStep, codeWithoutResource, CONFIDENTIAL, control, NEEDS_RESOURCE, notApplicable, ofTokens, refused } from "./results.mjs";

const POST = "client_secret_post";
const WRONG_VERIFIER = { fields: { code_verifier: "x".repeat(43) } };
const OTHER_REDIRECT_URI = { fields: { redirect_uri: "https://app.example.com/other" } };
const WRONG_SECRET = { method: CONFIDENTIAL, as: { secret: "wrong" } };

/** A redemption that differs from a legitimate one. */
const changed = (title, basis, { method = "none", fields = {}, as = {} }) => ({
  title,
  rule: "refused",
  basis,
  async run(server) {
    const { client } = await control(server, method);
    return ofTokens(await server.redeem(client, await server.code(client), fields, as));
  },
});

/** A legitimate redemption after one that was refused. */
const afterRefusal = (title, { method = "none", fields = {}, as = {} }) => ({
  title: `the right request, after one with ${title}`,
  rule: "open",
  basis: "no standard",
  expected: "accepted",
  async run(server) {
    const { client } = await control(server, method);
    const code = await server.code(client);
    mustBeRefused(await server.redeem(client, code, fields, as));
    return ofTokens(await server.redeem(client, code));
  },
});

function mustBeRefused(response) {
  if (ofTokens(response).outcome !== "refused") throw new Error("the request should be refused");
}

const redeemAgain = async (server, { client, code }) => mustBeRefused(await server.redeem(client, code));

const ROUNDS = 10;
const AT_ONCE = 4;

/** The result of simultaneous redemptions of one code: accepted, if two of them get tokens in one of the rounds. */
async function simultaneous(server) {
  const { client } = await control(server, "none");
  let result;
  for (let round = 0; round < ROUNDS; round++) {
    const code = await server.code(client);
    const results = (await Promise.all(Array.from({ length: AT_ONCE }, () => server.redeem(client, code)))).map(ofTokens);
    const successes = results.filter(({ outcome }) => outcome === "accepted");
    if (successes.length === 0) throw new Error("one redemption should succeed");
    if (successes.length > 1) return successes[0];
    result = results.find(({ outcome }) => outcome === "refused");
  }
  return result;
}

const REPLAY = "RFC 6749, 4.1.2";

export const CODES = [
  changed("wrong `code_verifier`", "RFC 7636, 4.6", WRONG_VERIFIER),
  changed("no `code_verifier`", "RFC 7636, 4.6", { fields: { code_verifier: undefined } }),
  changed("another redirect URI", "RFC 6749, 4.1.3", OTHER_REDIRECT_URI),
  changed("wrong client secret", "RFC 6749, 4.1.3", WRONG_SECRET),
  changed("no client secret", "RFC 6749, 4.1.3", { method: CONFIDENTIAL, as: { method: "none" } }),
  changed("secret in the body, from a client of `client_secret_basic`", "RFC 7591, 2", { method: CONFIDENTIAL, as: { method: POST } }),
  changed("secret in the header, from a client of `client_secret_post`", "RFC 7591, 2", { method: POST, as: { method: CONFIDENTIAL } }),
  {
    title: "code of another client",
    rule: "refused",
    basis: "RFC 6749, 4.1.3",
    async run(server) {
      const [{ client }, { client: other }] = [await control(server, "none"), await control(server, "none")];
      return ofTokens(await server.redeem(other, await server.code(client)));
    },
  },
  afterRefusal("a wrong `code_verifier`", WRONG_VERIFIER),
  afterRefusal("another redirect URI", OTHER_REDIRECT_URI),
  afterRefusal("a wrong client secret", WRONG_SECRET),
  changed("`resource` with a fragment", "RFC 8707, 2", { fields: { resource: `${RESOURCE}#fragment` } }),
  changed("another registered resource than that of the grant", "RFC 8707, 2.2", { fields: { resource: OTHER_RESOURCE } }),
  changed("the resource of the grant and another one", "RFC 8707, 2.2", { fields: { resource: [RESOURCE, OTHER_RESOURCE] } }),
  {
    title: "a resource, for a grant without one",
    rule: "open",
    basis: "RFC 8707, 2.2 does not mention it",
    expected: "refused",
    async run(server) {
      const { client, code } = await codeWithoutResource(server);
      if (!code) return notApplicable(NEEDS_RESOURCE);
      const response = await server.redeem(client, code, { resource: OTHER_RESOURCE });
      const result = ofTokens(response);
      const isFor = result.outcome === "accepted" && (await server.accepts(response.body.access_token, OTHER_RESOURCE));
      return result.outcome === "accepted" && !isFor ? refused(response.status, "without the resource") : result;
    },
  },
  {
    title: "second redemption of a code",
    rule: "refused",
    basis: REPLAY,
    async run(server) {
      const { client } = await control(server, "none");
      const code = await server.code(client);
      server.must(await server.redeem(client, code), "a code");
      return ofTokens(await server.redeem(client, code));
    },
  },
  afterStep({ title: "refresh token, after the second redemption", rule: "refused", basis: REPLAY, step: redeemAgain, use: "refresh" }),
  afterStep({ title: "access token, after the second redemption", rule: "refused", basis: REPLAY, step: redeemAgain, use: "access" }),
  afterStep({
    title: "access token without a resource, after the second redemption",
    rule: "refused",
    basis: REPLAY,
    isForResource: false,
    step: redeemAgain,
    use: "access",
  }),
  { title: `more than one of ${AT_ONCE} simultaneous redemptions`, rule: "refused", basis: REPLAY, run: simultaneous },
];
