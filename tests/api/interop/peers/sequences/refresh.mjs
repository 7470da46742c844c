// Refresh tokens.
import { setTimeout } from "node:timers/promises";
import { OTHER_RESOURCE, RESOURCE, SCOPE } from "../client.mjs";
import { CONFIDENTIAL, control, isRefused, ofScope, ofTokens } from "./results.mjs";

/** Longer than the replay window of Edge Auth. The clock of a Worker in this harness cannot be shifted. */
const WINDOW_MS = 31_000;

const MORE_SCOPES = "reports:read reports:write offline_access";
const ADDED = "reports:write";
const ROTATION = "RFC 9700, 4.14.2";

/** A refresh that differs from a legitimate one. */
const changed = (title, basis, { method = "none", fields = {}, as = {} }) => ({
  title,
  rule: "refused",
  basis,
  async run(server) {
    const { client, tokens } = await control(server, method);
    const { refresh } = await server.next(client, tokens.refresh);
    return ofTokens(await server.refresh(client, refresh, fields, as));
  },
});

/** The use of a refresh token after as many refreshes, `isLater` after the replay window. */
const earlier = ({ refreshes, isLater = false, use = "first", ...sequence }) => ({
  rule: "refused",
  basis: ROTATION,
  isSlow: isLater,
  ...sequence,
  async run(server) {
    const { client, tokens } = await control(server, "none");
    let current = tokens;
    for (let count = 0; count < refreshes; count++) current = await server.next(client, current.refresh);
    if (isLater) await setTimeout(WINDOW_MS);
    const first = await server.refresh(client, tokens.refresh);
    return ofTokens(use === "first" ? first : await server.refresh(client, current.refresh));
  },
});

const ROUNDS = 10;
const AT_ONCE = 4;

/** Whether two of the refresh tokens that simultaneous refreshes return can be used, in one of the rounds. */
async function simultaneous(server) {
  const { client } = await control(server, "none");
  for (let round = 0; round < ROUNDS; round++) {
    const { refresh } = await server.tokens(client);
    const responses = await Promise.all(Array.from({ length: AT_ONCE }, () => server.refresh(client, refresh)));
    if (!responses.some((response) => ofTokens(response).outcome === "accepted")) throw new Error("one refresh should succeed");
    let continuations = 0;
    for (const token of new Set(responses.flatMap(({ body }) => body.refresh_token ?? []))) {
      continuations += ofTokens(await server.refresh(client, token)).outcome === "accepted" ? 1 : 0;
    }
    if (continuations > 1) return isRefused(false);
  }
  return isRefused(true);
}

export const REFRESH = [
  changed("wrong client secret", "RFC 6749, 6", { method: CONFIDENTIAL, as: { secret: "wrong" } }),
  changed("no client secret", "RFC 6749, 6", { method: CONFIDENTIAL, as: { method: "none" } }),
  {
    title: "refresh token of another client",
    rule: "refused",
    basis: "RFC 6749, 6",
    async run(server) {
      const [{ tokens }, { client: other }] = [await control(server, "none"), await control(server, "none")];
      return ofTokens(await server.refresh(other, tokens.refresh));
    },
  },
  changed("another registered resource than that of the grant", "RFC 8707, 2.2", { fields: { resource: OTHER_RESOURCE } }),
  changed("the resource of the grant and another one", "RFC 8707, 2.2", { fields: { resource: [RESOURCE, OTHER_RESOURCE] } }),
  {
    title: "fewer scopes than in the grant",
    rule: "accepted",
    basis: "RFC 6749, 6",
    async run(server) {
      const { client, tokens } = await control(server, "none", { scope: MORE_SCOPES });
      const response = await server.refresh(client, tokens.refresh, { scope: SCOPE });
      if (ofScope(response, ADDED).outcome === "accepted") throw new Error("the scope should be narrower");
      return ofTokens(response);
    },
  },
  {
    title: "all scopes of the grant, after a refresh with fewer",
    rule: "accepted",
    basis: "RFC 6749, 6",
    async run(server) {
      const { client, tokens } = await control(server, "none", { scope: MORE_SCOPES });
      const { refresh_token } = server.must(await server.refresh(client, tokens.refresh, { scope: SCOPE }), "a refresh");
      return ofScope(await server.refresh(client, refresh_token, { scope: MORE_SCOPES }), ADDED);
    },
  },
  {
    title: "more scopes than in the grant",
    rule: "refused",
    basis: "RFC 6749, 6",
    async run(server) {
      const { client, tokens } = await control(server, "none");
      const { refresh } = await server.next(client, tokens.refresh);
      return ofScope(await server.refresh(client, refresh, { scope: MORE_SCOPES }), ADDED);
    },
  },
  { title: `more than one continuation, after ${AT_ONCE} simultaneous refreshes`, rule: "refused", basis: ROTATION, run: simultaneous },
  earlier({ title: "earlier token at once", refreshes: 1, expected: "accepted" }),
  earlier({ title: "earlier token at once, after the use of its successor", refreshes: 2, expected: "accepted" }),
  earlier({ title: "earlier token after 31 seconds", refreshes: 1, isLater: true }),
  earlier({ title: "earlier token after 31 seconds, after the use of its successor", refreshes: 2, isLater: true }),
  earlier({ title: "current token, after that", refreshes: 2, isLater: true, use: "current" }),
];
