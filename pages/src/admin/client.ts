// The calls of the console: one function for each endpoint.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { AuditFilter, ImportReport, NewUser, Status, UserChange, UserSearch } from "./contract.ts";

const user = (id: string) => ({ path: { id } });

/** A change of the version of the user that was shown. */
const versioned = (id: string, version: number) => ({ path: { id }, header: { "If-Match": `"${version}"` } });

export const searchUsers = (body: UserSearch, signal: AbortSignal | null = null) => call(api.POST("/api/auth/users/search", { body, signal }));
export const createUser = (body: NewUser) => call(api.POST("/api/auth/users", { body }));
export const loadUser = (id: string) => call(api.GET("/api/auth/users/{id}", { params: user(id) }));
export const changeUser = (id: string, version: number, body: UserChange) => 
  call(api.PATCH("/api/auth/users/{id}", { params: versioned(id, version), body: body as Required<UserChange> }));
export const eraseUser = (id: string, version: number) => call(api.DELETE("/api/auth/users/{id}", { params: versioned(id, version) }));
export const resetPassword = (id: string) => call(api.POST("/api/auth/users/{id}/reset-password", { params: user(id) }));
export const unlockUser = (id: string) => call(api.POST("/api/auth/users/{id}/unlock", { params: user(id) }));
export const loadUserSessions = (id: string) => call(api.GET("/api/auth/users/{id}/sessions", { params: user(id) }));
export const revokeUserSessions = (id: string) => call(api.DELETE("/api/auth/users/{id}/sessions", { params: user(id) }));
export const revokeUserSession = (id: string, session: string) =>
  call(api.DELETE("/api/auth/users/{id}/sessions/{session}", { params: { path: { id, session } } }));
export const exportUser = (id: string) => jsonOf(fetch(`/api/auth/users/${encodeURIComponent(id)}/export`));
export const loadStatus = () => jsonOf<Status>(fetch("/api/auth/status"));

export const importUsers = (lines: string, isDryRun: boolean): Promise<Result<ImportReport>> =>
  jsonOf(fetch(`/api/auth/users/import?dry_run=${isDryRun}`, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body: lines }));

function jsonOf<T>(request: Promise<Response>): Promise<Result<T>> {
  return call(request.then(async (response) => ({ response, ...(response.ok && { data: (await response.json()) as T }) })));
}

/** A page of an export: its lines, and the cursor of the next page. */
export interface ExportPage {
  lines: string;
  next: string | null;
}

async function pageOf(request: Promise<Result<string> & { response?: Response }>): Promise<Result<ExportPage>> {
  const { value, failure, response } = await request;
  return failure === undefined ? { value: { lines: value, next: response?.headers.get("edge-auth-next") ?? null } } : { failure };
}

/** The result of a call with its response. */
async function withResponse(request: Promise<{ data?: string; response: Response }>): Promise<Result<string> & { response?: Response }> {
  let response: Response | undefined;
  const result = await call(
    request.then((received) => {
      response = received.response;
      return received;
    }),
  );
  return { ...result, ...(response && { response }) };
}

const textOf = (request: Promise<Response>) =>
  withResponse(request.then(async (response) => ({ response, ...(response.ok && { data: await response.text() }) })));

export const exportUsers = (cursor: string | null) => {
  const headers = { "content-type": "application/json" };
  return pageOf(textOf(fetch("/api/auth/users/export", { method: "POST", headers, body: JSON.stringify({ cursor }) })));
};
export const exportAudit = (after: string | null) => pageOf(textOf(fetch(`/api/auth/audit/export?after=${after ?? 0}`)));

export const searchAudit = (filter: AuditFilter, cursor: string | null) =>
  call(api.GET("/api/auth/audit", { params: { query: { ...filter, ...(cursor !== null && { cursor }) } } }));
export const verifyAudit = (after: string) => call(api.GET("/api/auth/audit/verify", { params: { query: { after } } }));
export const loadAwsCredentials = () => call(api.GET("/api/auth/aws-credentials"));
export const loadNvidiaCredentials = () => call(api.GET("/api/auth/nvidia-credentials"));
