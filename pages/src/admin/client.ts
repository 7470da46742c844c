// The calls of the console: one function for each endpoint.
import { call, api } from "../api.ts";
import type { Result } from "../api.ts";
import { language } from "../language.ts";
import type { AdminUser, AuditEntry, AuditFilter, Delivery, ImportReport, NewUser, Status, UserChange, UserPage, UserSearch, UserSession } from "./contract.ts";

interface Sent {
  body?: unknown;
  /** The version of the user that the request changes. */
  version?: number;
  type?: string;
  signal?: AbortSignal;
}

async function send(method: string, path: string, { body, version, type, signal }: Sent = {}): Promise<Response> {
  const headers = new Headers({ "accept-language": language() });
  if (body !== undefined) headers.set("content-type", type ?? "application/json");
  if (version !== undefined) headers.set("if-match", `"${version}"`);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`/api/auth${path}`, { method, headers, ...(body !== undefined && { body: text }), ...(signal && { signal }) });
}

function request<T>(method: string, path: string, sent?: Sent): Promise<Result<T>> {
  const response = send(method, path, sent).then(async (response) => ({ response, data: response.ok ? ((await response.json()) as T) : undefined }));
  return call(response as Promise<{ data?: T; response: Response }>);
}

const user = (id: string) => `/users/${encodeURIComponent(id)}`;

export const searchUsers = (search: UserSearch, signal?: AbortSignal) =>
  request<UserPage>("POST", "/users/search", { body: search, ...(signal && { signal }) });
export const createUser = (body: NewUser) => request<Delivery & { user: AdminUser }>("POST", "/users", { body });
export const loadUser = (id: string) => request<{ user: AdminUser }>("GET", user(id));
export const changeUser = (id: string, version: number, body: UserChange) =>
  request<{ user: AdminUser; revoked_sessions: number }>("PATCH", user(id), { body, version });
export const resetPassword = (id: string) => request<Delivery>("POST", `${user(id)}/reset-password`);
export const unlockUser = (id: string) => request<object>("POST", `${user(id)}/unlock`);
export const loadUserSessions = (id: string) => request<{ sessions: UserSession[] }>("GET", `${user(id)}/sessions`);
export const revokeUserSession = (id: string, session: string) => request<object>("DELETE", `${user(id)}/sessions/${encodeURIComponent(session)}`);
export const revokeUserSessions = (id: string) => request<{ revoked_sessions: number }>("DELETE", `${user(id)}/sessions`);
export const exportUser = (id: string) => request<object>("GET", `${user(id)}/export`);
export const eraseUser = (id: string, version: number) => request<object>("DELETE", user(id), { version });
export const importUsers = (lines: string, isDryRun: boolean) =>
  request<ImportReport>("POST", `/users/import${isDryRun ? "?dry_run=true" : ""}`, { body: lines, type: "application/x-ndjson" });
export const loadStatus = () => request<Status>("GET", "/status");

/** A page of an export: its lines, and the cursor of the next page. */
export interface ExportPage {
  lines: string;
  next: string | null;
}

async function exportPage(method: string, path: string, sent?: Sent): Promise<Result<ExportPage>> {
  const response = send(method, path, sent).then(async (response) => {
    const next = response.headers.get("edge-auth-next");
    return { response, ...(response.ok && { data: { lines: await response.text(), next } }) };
  });
  return call<ExportPage>(response);
}

export const exportUsers = (cursor: string | null) => exportPage("POST", "/users/export", { body: cursor === null ? {} : { cursor } });
export const exportAudit = (after: string | null) => exportPage("GET", `/audit/export${after === null ? "" : `?after=${encodeURIComponent(after)}`}`);

export async function searchAudit(filter: AuditFilter, cursor: string | null) {
  const query = { ...filter, ...(cursor !== null && { cursor }) };
  return call(api.GET("/api/auth/audit", { params: { query } })) as Promise<Result<{ entries: AuditEntry[]; next: string | null }>>;
}
export const verifyAudit = (after: string) => call(api.GET("/api/auth/audit/verify", { params: { query: { after } } }));
export const loadAwsCredentials = () => call(api.GET("/api/auth/aws-credentials"));
export const loadNvidiaCredentials = () => call(api.GET("/api/auth/nvidia-credentials"));
