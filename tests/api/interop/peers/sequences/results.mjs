// The result of a sequence, and its first step.

export const accepted = (status) => ({ outcome: "accepted", status });
export const refused = (status, error) => ({ outcome: "refused", status, error });
export const notApplicable = (reason) => ({ outcome: "not applicable", reason });

/** A result that is not that of a single response. */
export const isRefused = (is) => ({ outcome: is ? "refused" : "accepted" });

/** The result of a request to the token endpoint. */
export function ofTokens({ status, body, text }) {
  if (status === 200 && body.access_token) return accepted(status);
  if (status >= 400 && status < 500 && body.error) return refused(status, body.error);
  throw new Error(`unexpected response: ${status} ${text}`);
}

/** The result of a request for tokens with this scope. A response with fewer scopes refuses it. */
export function ofScope(response, scope) {
  const result = ofTokens(response);
  const has = response.body.scope?.split(" ").includes(scope);
  return result.outcome === "accepted" && !has ? refused(response.status, "without the scope") : result;
}

/**
 * The result of an authorization request: a code, or an error in the query of the address that the browser is sent to or in the
 * body.
 */
export function ofAuthorization({ status, to, text }) {
  if (to?.searchParams.has("code")) return accepted(status);
  const { searchParams } = to ?? new URL(text.startsWith("/") ? text : "/", "http://localhost");
  // The error page of Edge Auth has `code`.
  const error = searchParams.get("error") ?? searchParams.get("code") ?? text.match(/\berror[="':]+(\w+)/)?.[1];
  if (!error) throw new Error(`unexpected response: ${status} ${to ?? text}`);
  return refused(status, error);
}

/**
 * A client whose legitimate requests have just succeeded: an authorization, the redemption of the code, and the use of the access
 * token. Every sequence begins with this.
 */
export async function control(server, method, changes) {
  const client = await server.register(method);
  const tokens = await server.tokens(client, changes);
  await mustAccept(server, tokens.access);
  return { client, tokens };
}

export async function mustAccept(server, token, ...more) {
  if (!(await server.accepts(token, ...more))) throw new Error(`${server.name}: an access token should be accepted`);
}

export const CONFIDENTIAL = "client_secret_basic";

/** Without `resource`, access tokens of better-auth are not JWTs. */
const WITHOUT_RESOURCE = { resource: undefined, scope: "openid offline_access" };
export const NEEDS_RESOURCE = "`resource` is required";

/** A confidential client and a code for a grant without a resource. The code is undefined if the server refuses the request. */
export async function codeWithoutResource(server) {
  const { client } = await control(server, CONFIDENTIAL);
  const { to } = await server.authorize(client, WITHOUT_RESOURCE);
  return { client, code: to?.searchParams.get("code") ?? undefined };
}

/**
 * A sequence in which a confidential client redeems a code, `step` follows, and `use` uses one of the tokens. The grant is for a
 * resource, unless `isForResource` is false.
 */
export const afterStep = ({ isForResource = true, step, use, ...sequence }) => ({
  ...sequence,
  async run(server) {
    const { client, code } = isForResource ? await codeWithResource(server) : await codeWithoutResource(server);
    if (!code) return notApplicable(NEEDS_RESOURCE);
    const { access, refresh } = server.pair(await server.redeem(client, code), "a code");
    // Of a token without a resource, only the client itself may ask better-auth whether it is active.
    const asked = isForResource ? [] : [undefined, client];
    await mustAccept(server, access, ...asked);
    await step(server, { client, code, access, refresh });
    return use === "refresh" ? ofTokens(await server.refresh(client, refresh)) : isRefused(!(await server.accepts(access, ...asked)));
  },
});

async function codeWithResource(server) {
  const { client } = await control(server, CONFIDENTIAL);
  return { client, code: await server.code(client) };
}
