// The calls of the consent page.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { components } from "../../../build/openapi.d.ts";

/** What an application has asked for at the authorization endpoint, and what the page does next. */
export type AuthorizationRequest = components["schemas"]["AuthorizationRequestResponse"];

export type Decision = components["schemas"]["Decision"];

export const loadRequest = (request: string): Promise<Result<AuthorizationRequest>> => call(api.POST("/api/auth/authorization-request", { body: { request } }));

/** The service refuses the decision if another user is signed in now, or if scopes would be granted that the page has not shown. */
export const decide = (request: string, decision: Decision, user: string, scopes: string[]): Promise<Result<{ location: string }>> =>
  call(api.POST("/api/auth/consent", { body: { request, decision, user, scopes } }));
