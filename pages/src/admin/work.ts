// How the views load data, and wait for the user and the service.
import { useEffect, useState } from "preact/hooks";
import type { Result } from "../api.ts";

export { useLoaded } from "../loaded.ts";
export type { Loaded } from "../loaded.ts";

/** For `useSettled`: long enough that a request is not sent for every letter. */
export const TYPING_MS = 250;

/** The value, once it has not changed for a moment. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** More waits would mean that something else is wrong. */
const MAX_WAITS = 20;

/** Sends one of many requests. If the rate limit refuses it, waits as long as the service says, and sends it again. */
export async function patiently<T>(request: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let waits = 0; ; waits += 1) {
    const result = await request();
    const { failure } = result;
    if (failure?.code !== "rate_limited" || waits >= MAX_WAITS) return result;
    await new Promise((resolve) => setTimeout(resolve, (failure.retryAfter ?? 60) * 1000));
  }
}
