// The end of a pending sign-in.
import { useEffect } from "preact/hooks";
import type { Failure } from "../api.ts";

/** How long the service keeps a pending sign-in. The clock of the device may differ from the time in the response. */
const PENDING_MS = 5 * 60_000;

/** Calls the function when the pending sign-in has expired. Returns a handler for the failure with which the service reports this. */
export function useExpiry(onExpired: () => void): (failure: Failure) => boolean {
  useEffect(() => {
    const timer = setTimeout(onExpired, PENDING_MS);
    return () => clearTimeout(timer);
  }, []);
  return ({ code }) => {
    if (code !== "pending_sign_in_expired") return false;
    onExpired();
    return true;
  };
}
