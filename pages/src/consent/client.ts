// The calls of the consent page.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { components } from "../../../build/openapi.d.ts";

/** What an application has asked for at the authorization endpoint, and what the page does next. */
export type AuthorizationRequest = components["schemas"]["AuthorizationRequestResponse"];

export type Decision = components["schemas"]["Decision"];

export const loadRequest = (request: string): Promise<Result<AuthorizationRequest>> => call(api.POST("/api/auth/authorization-request", { body: { request } }));

export const decide = (request: string, decision: Decision): Promise<Result<{ location: string }>> =>
  call(api.POST("/api/auth/consent", { body: { request, decision } }));
