// The client of the API, typed by its OpenAPI document, and the results of its calls.
import createClient from "openapi-fetch";
import type { components, paths } from "../../build/openapi.d.ts";
import { language } from "./language.ts";

export type User = components["schemas"]["User"];

/** Why a call failed: the value of `Edge-Auth-Error`, or `network` if there was no response. */
export interface Failure {
  code: string;
  status: number;
  /** Seconds after which the call may be repeated. */
  retryAfter: number | null;
}

export type Result<T> = { value: T; failure?: never } | { value?: never; failure: Failure };

/** Longer than the API takes to respond to any request, long polls included. */
const TIMEOUT_MS = 45_000;

export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
});

// The service sends e-mail in the language of the page.
api.use({
  onRequest({ request }) {
    request.headers.set("accept-language", language());
    return request;
  },
});

/** The result of a call of `api`. Never throws. */
export async function call<T>(request: Promise<{ data?: T; response: Response }>): Promise<Result<T>> {
  try {
    const { data, response } = await request;
    if (response.ok && data !== undefined) return { value: data };
    const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
    const code = response.headers.get("edge-auth-error") ?? "unknown";
    return { failure: { code, status: response.status, retryAfter: Number.isNaN(seconds) ? null : seconds } };
  } catch {
    // No connection, a timeout, or a body that is not JSON.
    return { failure: { code: "network", status: 0, retryAfter: null } };
  }
}

/** Codes of a call whose session has ended. */
const SIGNED_OUT = ["no_token", "invalid_token", "token_expired"];

export const isSignedOut = ({ code }: Failure): boolean => SIGNED_OUT.includes(code);
