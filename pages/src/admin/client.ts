// The calls of the console: one function for each endpoint.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { AuditFilter, ClientChange, NewClient, NewUser, UserChange, UserSearch } from "./contract.ts";

const by = (id: string) => ({ path: { id } });

/** A change of the version of the user or client that was shown. */
const versioned = (id: string, version: number) => ({ path: { id }, header: { "If-Match": `"${version}"` } });

export const searchUsers = (body: UserSearch, signal: AbortSignal | null = null) => call(api.POST("/api/auth/users/search", { body, signal }));
export const createUser = (body: NewUser) => call(api.POST("/api/auth/users", { body }));
export const loadUser = (id: string) => call(api.GET("/api/auth/users/{id}", { params: by(id) }));
export const changeUser = (id: string, version: number, body: UserChange) => 
  call(api.PATCH("/api/auth/users/{id}", { params: versioned(id, version), body: body as Required<UserChange> }));
export const eraseUser = (id: string, version: number) => call(api.DELETE("/api/auth/users/{id}", { params: versioned(id, version) }));
export const resetPassword = (id: string) => call(api.POST("/api/auth/users/{id}/reset-password", { params: by(id) }));
export const unlockUser = (id: string) => call(api.POST("/api/auth/users/{id}/unlock", { params: by(id) }));
export const loadUserFactors = (id: string) => call(api.GET("/api/auth/users/{id}/factors", { params: by(id) }));
export const resetUserFactors = (id: string) => call(api.DELETE("/api/auth/users/{id}/factors", { params: by(id) }));
export const loadUserSessions = (id: string) => call(api.GET("/api/auth/users/{id}/sessions", { params: by(id) }));
export const revokeUserSessions = (id: string) => call(api.DELETE("/api/auth/users/{id}/sessions", { params: by(id) }));
export const revokeUserSession = (id: string, session: string) =>
  call(api.DELETE("/api/auth/users/{id}/sessions/{session}", { params: { path: { id, session } } }));
export const loadUserGrants = (id: string) => call(api.GET("/api/auth/users/{id}/grants", { params: by(id) }));
export const removeUserGrant = (id: string, grant: string) =>
  call(api.DELETE("/api/auth/users/{id}/grants/{grant}", { params: { path: { id, grant } } }));

/** Everything that is kept about the user, with the audit entries of all pages. */
export async function exportUser(id: string) {
  const page = (cursor: string | null) => call(api.GET("/api/auth/users/{id}/export", { params: { ...by(id), ...(cursor !== null && { query: { cursor } }) } }));
  const first = await page(null);
  if (first.failure !== undefined) return first;
  const { success, next, ...kept } = first.value;
  for (let cursor = next; cursor !== null; ) {
    const more = await page(cursor);
    if (more.failure !== undefined) return more;
    kept.audit.push(...more.value.audit);
    cursor = more.value.next;
  }
  return { value: kept };
}

/** A page of the OAuth clients whose name begins with the term. */
export const listClients = (query: { term?: string; active?: boolean; limit?: number; cursor?: string }, signal: AbortSignal | null = null) =>
  call(api.GET("/api/auth/clients", { params: { query }, signal }));
export const createClient = (body: NewClient) => call(api.POST("/api/auth/clients", { body }));
export const loadClient = (id: string) => call(api.GET("/api/auth/clients/{id}", { params: by(id) }));
export const changeClient = (id: string, version: number, body: ClientChange) =>
  call(api.PATCH("/api/auth/clients/{id}", { params: versioned(id, version), body: body as Required<ClientChange> }));
export const deleteClient = (id: string, version: number) => call(api.DELETE("/api/auth/clients/{id}", { params: versioned(id, version) }));
export const newClientSecret = (id: string, version: number) => call(api.POST("/api/auth/clients/{id}/secret", { params: versioned(id, version) }));
export const revokeClientGrants = (id: string) => call(api.DELETE("/api/auth/clients/{id}/grants", { params: by(id) }));

export const loadStatus = () => call(api.GET("/api/auth/status"));

/** The lines are sent as they are. */
const LINES = { bodySerializer: (lines: unknown) => String(lines), headers: { "content-type": "application/x-ndjson" } };

export const importUsers = (lines: string, isDryRun: boolean) =>
  call(api.POST("/api/auth/users/import", { ...LINES, body: lines as never, params: { query: { dry_run: isDryRun } } }));

/** A page of an export: its lines, and the cursor of the next page. */
export interface ExportPage {
  lines: string;
  next: string | null;
}

function pageOf(request: Promise<{ data?: string; response: Response }>): Promise<Result<ExportPage>> {
  return call(
    request.then(({ data, response }) => {
      const next = response.headers.get("edge-auth-next");
      return { response, ...(data !== undefined && { data: { lines: data, next } }) };
    }),
  );
}

export const exportUsers = (cursor: string | null) =>
  pageOf(api.POST("/api/auth/users/export", { body: cursor === null ? {} : { cursor }, parseAs: "text" }) as Promise<{ data?: string; response: Response }>);
export const exportAudit = (after: string | null) =>
  pageOf(api.GET("/api/auth/audit/export", { params: { query: { after: Number(after ?? 0) } }, parseAs: "text" }) as Promise<{ data?: string; response: Response }>);

export const searchAudit = (filter: AuditFilter, cursor: string | null) =>
  call(api.GET("/api/auth/audit", { params: { query: { ...filter, ...(cursor !== null && { cursor }) } } }));
export const verifyAudit = (after: string) => call(api.GET("/api/auth/audit/verify", { params: { query: { after } } }));
export const loadAwsCredentials = () => call(api.GET("/api/auth/aws-credentials"));
export const loadNvidiaCredentials = () => call(api.GET("/api/auth/nvidia-credentials"));
