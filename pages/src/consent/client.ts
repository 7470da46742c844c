// The calls of the consent page.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";

/** What an application has asked for at the authorization endpoint, and what the page does next. */
export interface AuthorizationRequest {
  next: "sign_in" | "step_up" | "consent" | "redirect";
  /** Where the user returns to, if there is nothing to ask. */
  location: string | null;
  client: { client_id: string; name: string };
  redirect_host: string;
  is_loopback: boolean;
  resource: { uri: string; name: string } | null;
  scopes: string[];
  login_hint: string | null;
  user: { id: string; username: string; name: string | null } | null;
}

export type Decision = "allow" | "deny";

/** A call of a route by its path. */
const post = <T>(path: string, body: object) => call(api.POST(path as never, { body } as never) as Promise<{ data?: T; response: Response }>);

export const loadRequest = (request: string): Promise<Result<AuthorizationRequest>> => post("/api/auth/authorization-request", { request });

export const decide = (request: string, decision: Decision): Promise<Result<{ location: string }>> => post("/api/auth/consent", { request, decision });
