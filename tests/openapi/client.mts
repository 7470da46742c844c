// A client generated from the OpenAPI document: it must compile under strict TypeScript and work against the service.
// `npx openapi-typescript` writes schema.d.ts.
//
//   node client.mts URL USERNAME PASSWORD     of an administrator
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

type User = components["schemas"]["User"];
type MessageError = components["schemas"]["MessageError"];
type DetailError = components["schemas"]["DetailError"];

const [, , baseUrl, username, password] = process.argv;
assert(baseUrl !== undefined && username !== undefined && password !== undefined);
const anonymous = createClient<paths>({ baseUrl });

const user = await signIn(username, password);
await listSessions(user.client);
await searchAudit(user.client, user.id);
await seeErrors();
await pollForDeviceToken();
await signOut(user.client);

type Client = typeof anonymous;

async function signIn(username: string, password: string): Promise<{ client: Client; id: string }> {
  const { data, error, response } = await anonymous.POST("/api/auth/login", { body: { username, password } });
  if (error !== undefined) throw new Error(`${response.headers.get("edge-auth-error")}: ${error.message}`);
  // Types of the document, not only values.
  const success: true = data.success;
  const user: User = data.user;
  const role: "user" | "admin" | "super_admin" = user.role;
  const email: string | null = user.email;
  assert.equal(success, true);
  assert.equal(role, "super_admin");
  assert.equal(typeof email, "string");
  assert(Date.parse(response.headers.get("edge-auth-expires") ?? "") > Date.now());
  const client = createClient<paths>({ baseUrl: baseUrl as string, headers: { authorization: `Bearer ${data.token}` } });
  const validated = await client.GET("/api/auth/validate");
  assert.equal(validated.data?.user.id, user.id);
  const refreshed = await client.POST("/api/auth/refresh");
  const type: "bearer" | undefined = refreshed.data?.token_type;
  assert.equal(type, "bearer");
  return { client, id: user.id };
}

async function listSessions(client: Client): Promise<void> {
  const { data } = await client.GET("/api/auth/sessions");
  assert(data !== undefined);
  const current = data.sessions.filter((session) => session.is_current);
  assert.equal(current.length, 1);
  // A path parameter.
  const id = "0".repeat(64);
  const { error, response } = await client.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } });
  const failure: MessageError | undefined = error;
  assert.equal(response.status, 404);
  assert.equal(failure?.success, false);
}

async function searchAudit(client: Client, id: string): Promise<void> {
  const query = { user: id, kind: "sign_in", limit: 3 } as const;
  const { data } = await client.GET("/api/auth/audit", { params: { query } });
  assert(data !== undefined);
  const [entry] = data.entries;
  assert(entry !== undefined);
  const kind: "sign_in" = entry.kind === "sign_in" ? entry.kind : assert.fail(entry.kind);
  assert.equal(kind, "sign_in");
  assert.equal(entry.subject, id);
  const next: string | null = data.next;
  assert(next === null || next.length > 0);
}

async function seeErrors(): Promise<void> {
  // Bodies of both formats, by route.
  const login = await anonymous.POST("/api/auth/login", { body: { username: "", password: "" } });
  const message: MessageError | undefined = login.error;
  const failed: false | undefined = message?.success;
  assert.equal(failed, false);
  assert.equal(login.response.status, 400);
  assert.equal(login.response.headers.get("edge-auth-error"), "missing_field");
  const me = await anonymous.GET("/api/auth/me");
  const detail: DetailError | undefined = me.error;
  assert.equal(typeof detail?.detail, "string");
  assert.equal(me.response.status, 401);
}

async function pollForDeviceToken(): Promise<void> {
  const { error, response } = await anonymous.POST("/api/auth/token", {
    params: { header: { Prefer: "wait=1" } },
    body: { client_id: "id", client_secret: "secret", device_code: "code" },
  });
  assert.equal(error?.detail === undefined, false);
  assert.equal(response.status, 400);
}

async function signOut(client: Client): Promise<void> {
  const { data } = await client.POST("/api/auth/logout");
  const success: true | undefined = data?.success;
  assert.equal(success, true);
  assert.equal((await client.GET("/api/auth/validate")).response.status, 401);
}
