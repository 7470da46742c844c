// The properties of an OAuth client as a form has them: lists with one entry per line, and keys as JSON.
import type { Failure, Result } from "../../api.ts";
import { value } from "../../components/field.tsx";
import type { AuthMethod, ClientChange, GrantType, NewClient, OauthClient } from "../contract.ts";

export const METHODS: readonly AuthMethod[] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/** The methods that a client can change between. */
export const SECRET_METHODS: readonly AuthMethod[] = ["client_secret_basic", "client_secret_post"];

export const usesSecret = (method: AuthMethod): boolean => SECRET_METHODS.includes(method);

export const GRANTS: readonly GrantType[] = ["authorization_code", "refresh_token", "client_credentials"];

export interface Properties {
  client_name: string;
  token_endpoint_auth_method: AuthMethod;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  grant_types: GrantType[];
  scope: string;
  /** JSON; empty without keys. */
  jwks: string;
}

export const FIELDS = ["client_name", "token_endpoint_auth_method", "grant_types", "redirect_uris", "post_logout_redirect_uris", "scope", "jwks"] as const;

/** The properties that decide which fields the form has. */
export type Choices = Pick<Properties, "token_endpoint_auth_method" | "grant_types">;

export const NEW_CLIENT: Properties = {
  client_name: "",
  token_endpoint_auth_method: "client_secret_basic",
  redirect_uris: [],
  post_logout_redirect_uris: [],
  grant_types: ["authorization_code", "refresh_token"],
  scope: "",
  jwks: "",
};

/** The grants that may be chosen: a public client has none for itself, and refresh tokens are those of users. */
export function offeredGrants({ token_endpoint_auth_method, grant_types }: Choices): GrantType[] {
  return GRANTS.filter((grant) => {
    if (grant === "client_credentials") return token_endpoint_auth_method !== "none";
    return grant !== "refresh_token" || grant_types.includes("authorization_code");
  });
}

/** What is registered. */
export function propertiesOf(client: OauthClient): Properties {
  return {
    client_name: client.client_name,
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    redirect_uris: client.redirect_uris,
    post_logout_redirect_uris: client.post_logout_redirect_uris,
    grant_types: GRANTS.filter((grant) => client.grant_types.includes(grant)),
    scope: client.scope,
    jwks: client.jwks === null ? "" : JSON.stringify(client.jwks, null, 2),
  };
}

/** What was entered. A field that the choices do not need is empty. */
export function read(form: HTMLFormElement, choices: Choices): Properties {
  const lines = (name: string) =>
    value(form, name)
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const offered = offeredGrants(choices);
  return {
    client_name: value(form, "client_name").trim(),
    token_endpoint_auth_method: choices.token_endpoint_auth_method,
    redirect_uris: lines("redirect_uris"),
    post_logout_redirect_uris: lines("post_logout_redirect_uris"),
    grant_types: choices.grant_types.filter((grant) => offered.includes(grant)),
    scope: value(form, "scope").trim().replace(/\s+/g, " "),
    jwks: value(form, "jwks").trim(),
  };
}

const failed = (code: string): { failure: Failure } => ({ failure: { code, status: 0, retryAfter: null } });

/** Why the service would refuse the properties. It would say the same of an empty field and of one that does not fit. */
export function problem({ client_name, token_endpoint_auth_method, redirect_uris, grant_types, jwks }: Properties): { failure: Failure } | undefined {
  const lacksUri = grant_types.includes("authorization_code") && redirect_uris.length === 0;
  const hasKeys = token_endpoint_auth_method === "private_key_jwt";
  if (client_name === "" || grant_types.length === 0 || lacksUri || (hasKeys && jwks === "")) return failed("missing_field");
  return hasKeys && keys(jwks).failure ? failed("invalid_jwks") : undefined;
}

type KeySet = NonNullable<ClientChange["jwks"]>;

function keys(text: string): Result<KeySet> {
  try {
    // The service checks the form of the keys.
    return { value: JSON.parse(text) as KeySet };
  } catch {
    return failed("invalid_jwks");
  }
}

/** The body that registers a client. */
export function registration({ jwks, ...properties }: Properties): NewClient {
  const given = jwks === "" ? undefined : keys(jwks).value;
  return { ...properties, ...(given !== undefined && { jwks: given }) };
}

export const isSame = (field: keyof Properties, one: Properties, other: Properties): boolean => JSON.stringify(one[field]) === JSON.stringify(other[field]);

/** The body with the properties that differ. Others keep what another administrator may have saved. */
export function changes(before: Properties, after: Properties): ClientChange {
  const body: Record<string, unknown> = registration(after);
  return Object.fromEntries(FIELDS.filter((field) => !isSame(field, before, after) && field in body).map((field) => [field, body[field]]));
}
