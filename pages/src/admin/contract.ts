// The shapes of the administration API that the console uses, from its OpenAPI document.
import type { components } from "../../../build/openapi.d.ts";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type AdminUser = Schemas["AdminUser"];
export type UserSearch = Schemas["SearchUsersRequest"];
export type NewUser = Schemas["CreateUserRequest"];
/** The generated type requires each field, because the schema has defaults. */
export type UserChange = Partial<Schemas["UpdateUserRequest"]>;
export type UserFactors = Schemas["UserFactorsResponse"];
export type UserSession = Schemas["SessionDetails"];
export type OauthClient = Schemas["OauthClient"];
export type AuthMethod = Schemas["TokenEndpointAuthMethod"];
export type GrantType = Schemas["GrantType"];
export type NewClient = Schemas["CreateClientRequest"];
/** The generated type requires each field, as for users. */
export type ClientChange = Partial<Schemas["UpdateClientRequest"]>;
export type AuditEntry = Schemas["AuditEntry"];
export type AuditKind = Schemas["Kind"];
export type Verification = Schemas["AuditVerifyResponse"];
export type Status = Schemas["StatusResponse"];
export type Count = Schemas["BoundedCount"];
export type ImportReport = Schemas["ImportResponse"];
type LineOutcome = Schemas["LineOutcome"];
/** Why a line was refused. */
export type LineProblem = Exclude<LineOutcome, "created" | "created_without_password" | "exists">;

/** How the user gets the link that sets the password. */
export type Delivery = Pick<Schemas["CreateUserResponse"], "delivery" | "link" | "link_expires_at">;

export interface AuditFilter {
  /** Id of a user or OAuth client. */
  user?: string;
  kind?: AuditKind;
  from?: string;
  to?: string;
}
