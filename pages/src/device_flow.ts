// The AWS device flow: the page gets a code, the user approves it at AWS, and the page asks until that has happened.
import { api, call } from "./api.ts";
import type { Result } from "./api.ts";

/** What the service needs to ask AWS for the result. */
export interface Handles {
  client_id: string;
  client_secret: string;
  device_code: string;
}

export interface DeviceFlow {
  handles: Handles;
  /** The code that AWS shows too. */
  userCode: string;
  url: string;
}

/** Seconds for which the service waits for the user per request. */
export const WAIT = "wait=20";

const RETRY_AFTER_SECONDS = 5;

/** Temporary failures, after which the request is sent again. */
const TEMPORARY = ["authorization_pending", "network", "rate_limited", "overloaded", "storage_unavailable", "runtime_failed"];

export async function startDeviceFlow(): Promise<Result<DeviceFlow>> {
  const client = await call(api.POST("/api/auth/register-client"));
  if (client.failure !== undefined) return client;
  const { client_id, client_secret } = client.value;
  const started = await call(api.POST("/api/auth/device-authorization", { body: { client_id, client_secret } }));
  if (started.failure !== undefined) return started;
  const { device_code, user_code, verification_uri_complete } = started.value;
  return { value: { handles: { client_id, client_secret, device_code }, userCode: user_code, url: verification_uri_complete } };
}

/** Sends the request until it succeeds or fails for good. `undefined` if it was given up. */
export async function untilApproved<T>(send: (signal: AbortSignal) => Promise<Result<T>>, signal: AbortSignal): Promise<Result<T> | undefined> {
  for (;;) {
    const result = await send(signal);
    if (signal.aborted) return undefined;
    if (result.failure === undefined || !TEMPORARY.includes(result.failure.code)) return result;
    const seconds = result.failure.retryAfter ?? RETRY_AFTER_SECONDS;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    if (signal.aborted) return undefined;
  }
}
