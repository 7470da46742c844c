// The shapes of the administration API that the console uses, from its OpenAPI document.
import type { components } from "../../../build/openapi.d.ts";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type AdminUser = Schemas["AdminUser"];
export type UserSearch = Schemas["SearchUsersRequest"];
export type NewUser = Schemas["CreateUserRequest"];
/** The generated type requires each field, because the schema has defaults. */
export type UserChange = Partial<Schemas["UpdateUserRequest"]>;
export type UserSession = Schemas["SessionDetails"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditKind = Schemas["Kind"];
export type Verification = Schemas["AuditVerifyResponse"];

export interface Status {
  sign_ins: Count;
  failed_sign_ins: Count;
  locked_accounts: Count;
  users: Count;
  database_bytes: number;
  audit: { oldest_entry: string | null; last_checkpoint: string | null; rows_after_checkpoint: number; archives: number };
  webhook: { last_sent_at: string | null; lag: number | null };
  cron: { ended_at: string; failed: string[] } | null;
  variables: { name: string; is_secret: boolean; is_required: boolean; is_set: boolean; rotates: boolean }[];
  bindings: { name: string; is_set: boolean }[];
}

export interface Count {
  count: number;
  is_limited: boolean;
}

/** How the user gets the link that sets the password. */
export type Delivery = Pick<Schemas["CreateUserResponse"], "delivery" | "link" | "link_expires_at">;

export interface AuditFilter {
  user?: string;
  kind?: AuditKind;
  from?: string;
  to?: string;
}

export type LineOutcome = "created" | "created_without_password" | "exists" | (string & {});

/** The report about a part of an import. */
export interface ImportReport {
  created: number;
  created_without_password: number;
  existing: number;
  refused: number;
  lines: { line: number; outcome: LineOutcome }[];
}
