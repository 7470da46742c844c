// The entry point AuthService of Edge Auth. Copy this file into a Worker in TypeScript, and declare its binding as
// `AUTH: AuthService`.

/** The entry point that a service binding with `entrypoint = "AuthService"` calls. */
export interface AuthService {
  /** Responds to `request` as if the client at `clientIp` had sent it. `path` replaces the path of a request that is passed on. */
  fetchWithClientIp(request: Request, clientIp: string, path?: string): Promise<Response>;
  /** Validates a session token. */
  validateToken(token: string): Promise<ValidSession | RefusedToken>;
  /** Validates an access token for `audience`, a resource of `OAUTH_RESOURCES`, that has all of `scopes`. */
  validateToken(token: string, options: { audience: string; scopes?: string[] }): Promise<ValidAccessToken | RefusedToken>;
}

/** A session token that is valid, and its user as `GET /api/auth/validate` returns it. */
export interface ValidSession {
  valid: true;
  kind: "session";
  user: {
    id: string;
    username: string;
    email: string | null;
    name: string;
    organization: string | null;
    aws_region: string | null;
    role: "user" | "admin" | "super_admin";
    is_active: boolean;
    created_at: string;
    updated_at: string;
    last_login: string | null;
  };
}

/** An access token that is valid. */
export interface ValidAccessToken {
  valid: true;
  kind: "access_token";
  /** Id of the OAuth client. */
  client_id: string;
  /** Id of the user whose grant the token belongs to, or of the client if it acts for itself. */
  subject: string;
  /** The resource. */
  audience: string;
  /** All scopes of the token. */
  scopes: string[];
  /** Time at which the token expires, such as `2026-01-31T12:00:00Z`. */
  expires_at: string;
}

/** A token that is not accepted. */
export interface RefusedToken {
  valid: false;
  /** The status to respond with: 401, 403, 429 or 503. */
  status: number;
  /** An error code of Edge Auth, such as `invalid_token`, `token_expired`, `insufficient_scope` or `storage_unavailable`. */
  code: string;
  message: string;
  /** The value of `WWW-Authenticate` for 401 and 403. */
  challenge: string | null;
  /** Seconds after which the client may send its request again, for 429 and 503. */
  retry_after: number | null;
}
