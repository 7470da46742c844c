// The shapes of the administration API that the console uses.
import type { components } from "../../../build/openapi.d.ts";

export type Role = components["schemas"]["Role"];
export type SignInMethod = components["schemas"]["SignInMethod"];

export interface AdminUser {
  id: string;
  source: string;
  username: string;
  email: string | null;
  email_verified_at: string | null;
  name: string;
  organization: string | null;
  aws_region: string | null;
  role: Role;
  is_active: boolean;
  has_password: boolean;
  is_locked: boolean;
  created_at: string;
  updated_at: string;
  last_login: string | null;
  version: number;
}

export type Sort = "created_at" | "username" | "last_login";

export interface UserSearch {
  term?: string;
  role?: Role;
  active?: boolean;
  source?: string;
  sort?: Sort;
  order?: "asc" | "desc";
  limit?: number;
  cursor?: string;
}

export interface UserPage {
  users: AdminUser[];
  next: string | null;
}

/** How the user gets the link that sets the password. */
export interface Delivery {
  delivery: "sent" | "link_shown";
  link: string | null;
  link_expires_at: string;
}

export interface NewUser {
  username: string;
  email: string;
  name?: string;
  organization?: string;
  aws_region?: string;
  role?: Role;
}

export interface UserChange {
  name?: string;
  email?: string;
  organization?: string | null;
  aws_region?: string | null;
  role?: Role;
  is_active?: boolean;
}

export type UserSession = Omit<components["schemas"]["SessionEntry"], "is_current">;

export interface ImportReport {
  lines: number;
  counts: Record<string, number>;
  outcomes: { line: number; outcome: string; code: string | null }[];
}

export type AuditEntry = components["schemas"]["AuditEntry"] & { actor_name: string | null; subject_name: string | null };
export type AuditKind = AuditEntry["kind"];

export interface AuditFilter {
  user?: string;
  kind?: AuditKind;
  from?: string;
  to?: string;
}

export type Verification = components["schemas"]["AuditVerifyResponse"];

export interface Status {
  users: Count;
  sign_ins: Count;
  failed_sign_ins: Count;
  locked_accounts: Count;
  database_bytes: number;
  oldest_entry: string | null;
  last_checkpoint: { at: string; last: number } | null;
  rows_after_checkpoint: number;
  archived_ranges: number;
  webhook: { lag: number } | null;
  last_run: { at: string; is_ok: boolean } | null;
  configuration: Setting[];
}

export interface Count {
  count: number;
  is_exact: boolean;
}

export interface Setting {
  name: string;
  kind: "variable" | "secret" | "binding";
  is_set: boolean;
  rotates: boolean;
}
