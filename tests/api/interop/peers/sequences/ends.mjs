// Access tokens, revocation, and the removal of a connected application.
import { OTHER_RESOURCE } from "../client.mjs";
import { afterStep, CONFIDENTIAL, control, isRefused, ofTokens } from "./results.mjs";

/** A server that has no revocation of such tokens says so (RFC 7009 section 2.2.1). */
async function revokeAccess(server, { client, access }) {
  const response = await server.revoke(client, access, "access_token");
  if (response.body.error !== "unsupported_token_type") server.must(response, "a revocation");
}

const revokeRefresh = async (server, { client, refresh }) => server.must(await server.revoke(client, refresh, "refresh_token"), "a revocation");

/** Another client, which can revoke its own refresh token, tries to revoke both tokens. */
async function revokeByAnother(server, { access, refresh }) {
  const { client: other, tokens } = await control(server, CONFIDENTIAL);
  await server.revoke(other, access, "access_token");
  await server.revoke(other, refresh, "refresh_token");
  await revokeRefresh(server, { client: other, refresh: tokens.refresh });
  if (ofTokens(await server.refresh(other, tokens.refresh)).outcome !== "refused") throw new Error("a revocation should have an effect");
}

const remove = (server, { client }) => server.disconnect(client);

const ANOTHER = { rule: "accepted", basis: "RFC 7009, 2.1", step: revokeByAnother };
const ACCESS = { rule: "refused", basis: "RFC 7009, 2", step: revokeAccess };
const REFRESH = { rule: "refused", basis: "RFC 7009, 2.1", step: revokeRefresh };
const REMOVED = { rule: "refused", basis: "ASVS 5.0, 10.4.9", step: remove };

export const ENDS = [
  {
    title: "access token at another resource",
    rule: "refused",
    basis: "RFC 9068, 4",
    async run(server) {
      const { tokens } = await control(server, "none");
      return isRefused(!(await server.accepts(tokens.access, OTHER_RESOURCE)));
    },
  },
  afterStep({ ...ANOTHER, title: "refresh token, after another client tried to revoke it", use: "refresh" }),
  afterStep({ ...ANOTHER, title: "access token, after another client tried to revoke it", use: "access" }),
  afterStep({ ...ACCESS, title: "access token, after its revocation", use: "access" }),
  afterStep({ ...ACCESS, title: "access token without a resource, after its revocation", use: "access", isForResource: false }),
  afterStep({ ...ACCESS, title: "refresh token, after the revocation of an access token", rule: "open", basis: "RFC 7009, 2.1", expected: "accepted", use: "refresh" }),
  afterStep({ ...REFRESH, title: "refresh token, after its revocation", use: "refresh" }),
  afterStep({ ...REFRESH, title: "access token, after the revocation of the refresh token", use: "access" }),
  afterStep({ ...REFRESH, title: "access token without a resource, after the revocation of the refresh token", use: "access", isForResource: false }),
  afterStep({ ...REMOVED, title: "refresh token, after the user removed the application", use: "refresh" }),
  afterStep({ ...REMOVED, title: "access token, after the user removed the application", rule: "open", expected: "refused", use: "access" }),
  afterStep({ ...REMOVED, title: "access token without a resource, after the user removed the application", use: "access", isForResource: false }),
];
