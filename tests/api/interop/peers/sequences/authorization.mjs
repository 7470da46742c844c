// Authorization requests.
import { REDIRECT_URI, RESOURCE } from "../client.mjs";
import { accepted, CONFIDENTIAL, control, notApplicable, ofAuthorization, refused } from "./results.mjs";

const ATTACKER = "https://attacker.example/callback";
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

/** A request that differs from a legitimate one. */
const changed = (title, basis, changes, { method = "none", ...more } = {}) => ({
  title,
  rule: "refused",
  basis,
  ...more,
  async run(server) {
    const { client } = await control(server, method);
    return ofAuthorization(await server.authorize(client, changes));
  },
});

/** A request that must not lead away from the server, with a code or an error. */
const withoutRedirect = (title, changes, id) => ({
  title,
  rule: "refused",
  basis: "RFC 6749, 4.1.2.1: no redirect",
  async run(server) {
    const { client } = await control(server, "none");
    const response = await server.authorize({ ...client, ...(id && { id }) }, changes);
    return response.to ? accepted(response.status) : ofAuthorization(response);
  },
});

/** A response is accepted if its only `iss` is the issuer of the metadata. */
const withIssuer = (title, response, more) => ({
  title,
  rule: "accepted",
  basis: "RFC 9207, 2.4",
  ...more,
  async run(server) {
    const { client } = await control(server, "none");
    const { status, to, text, reason } = await response(server, client);
    if (reason) return notApplicable(reason);
    if (!to) throw new Error(`unexpected response: ${status} ${text}`);
    const { issuer } = await server.metadata();
    const found = to.searchParams.getAll("iss");
    return found.length === 1 && found[0] === issuer ? accepted(status) : refused(status, found.join(", "));
  },
});

/** The response to a client that has registered a redirect URI with a parameter `iss`. */
async function toIssuerInRedirectUri(server) {
  const redirect_uri = `${REDIRECT_URI}?iss=https%3A%2F%2Fattacker.example`;
  const client = await server.register("none", { redirect_uris: [redirect_uri] }).catch(({ status }) => {
    if (status !== 400) throw new Error(`unexpected response: ${status}`);
  });
  return client ? server.authorize(client, { redirect_uri }) : { reason: "the URI cannot be registered" };
}

export const AUTHORIZATION = [
  changed("no PKCE, from a public client", "RFC 9700, 2.1.1", WITHOUT_PKCE),
  changed("no PKCE, from a confidential client", "RFC 9700, 2.1.1 recommends PKCE", WITHOUT_PKCE, { method: CONFIDENTIAL, rule: "open", expected: "refused" }),
  changed("`code_challenge_method=plain`", "RFC 7636, 4.4.1: a method that the server does not support", { code_challenge_method: "plain" }),
  changed("no `code_challenge_method`, which means `plain`", "RFC 7636, 4.4.1", { code_challenge_method: undefined }),
  changed("`code_challenge_method=S512`", "RFC 7636, 4.4.1", { code_challenge_method: "S512" }),
  withoutRedirect("redirect URI of another host", { redirect_uri: ATTACKER }),
  withoutRedirect("redirect URI below the registered one", { redirect_uri: `${REDIRECT_URI}/more` }),
  withoutRedirect("redirect URI of another host, in a request with another error", { redirect_uri: ATTACKER, response_type: "none" }),
  withoutRedirect("unknown client", {}, "unknown"),
  changed("`resource` with a fragment", "RFC 8707, 2", { resource: `${RESOURCE}#fragment` }),
  changed("`resource` that is not registered", "RFC 8707, 2", { resource: "https://other.example.com" }),
  withIssuer("`iss` of a response with a code, as a client checks it", (server, client) => server.authorize(client)),
  withIssuer("`iss` of a response with an error, as a client checks it", (server, client) => server.authorize(client, WITHOUT_PKCE)),
  withIssuer("`iss` of a response to a redirect URI with another `iss`, as a client checks it", toIssuerInRedirectUri, { expected: "not applicable" }),
];
