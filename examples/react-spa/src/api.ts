// Requests to Edge Auth, and what its errors mean for the user.

const API = `${import.meta.env.VITE_EDGE_AUTH_URL ?? "http://localhost:8787"}/api/auth`;
const TIMEOUT_MS = 10_000;

/** An error response, or status 0 if there was no response. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** The code in the header `Edge-Auth-Error`. */
    readonly code: string,
    /** Seconds to wait before the next attempt. */
    readonly retryAfter: number,
  ) {
    super(messageOf(status, code, retryAfter));
  }

  /** Whether the token is not valid, so that the user has to sign in again. */
  get isUnauthenticated(): boolean {
    return ["no_token", "invalid_token", "token_expired"].includes(this.code);
  }
}

function messageOf(status: number, code: string, retryAfter: number): string {
  switch (code) {
    case "invalid_credentials":
      return "The username or the password is wrong.";
    case "back_off":
    case "rate_limited":
      return `Too many attempts. Try again in ${retryAfter} s.`;
    case "no_token":
    case "invalid_token":
    case "token_expired":
      return "Your session has ended. Sign in again.";
  }
  // New codes may be added, so the status decides about the others.
  if (status === 0) return "The service cannot be reached. Check your connection.";
  if (status >= 500) return `The service is unavailable. Try again in ${retryAfter} s.`;
  return `The request failed (${status} ${code}).`;
}

export interface ApiResponse<Body> {
  body: Body;
  /** The time at which the token in the body expires, in RFC 3339. */
  expires: string | null;
}

/** Calls a route and returns the body of its response. Throws an ApiError. */
export async function call<Body>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  { token, json }: { token?: string; json?: unknown } = {},
): Promise<ApiResponse<Body>> {
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (json !== undefined) headers.set("content-type", "application/json");
  try {
    const response = await fetch(API + path, {
      method,
      headers,
      // The only cookie identifies a recognised device. Failed sign-ins on other devices do not delay its sign-ins.
      credentials: "include",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    if (!response.ok) throw errorOf(response);
    return { body: (await response.json()) as Body, expires: response.headers.get("edge-auth-expires") };
  } catch (error) {
    // No connection, no response in time, or the origin of this page is not in ALLOWED_ORIGINS.
    throw error instanceof ApiError ? error : new ApiError(0, "no_response", 5);
  }
}

function errorOf(response: Response): ApiError {
  const code = response.headers.get("edge-auth-error") ?? "unknown";
  return new ApiError(response.status, code, Number(response.headers.get("retry-after") ?? 5));
}
