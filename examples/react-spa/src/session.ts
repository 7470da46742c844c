// The session of the signed-in user. All tabs of the origin share it: it is in localStorage, and one tab at a time
// refreshes it.
import { ApiError, call } from "./api";

export interface Session {
  token: string;
  user: { id: string; username: string; role: string };
  /** The time at which the token expires, in milliseconds since 1970. */
  expires: number;
  /** The time from which the token is refreshed: half of its lifetime. An expired token cannot be refreshed. */
  refreshAt: number;
}

const STORAGE_KEY = "edge-auth-session";
const LOCK = "edge-auth-session";
/** Also on a computer whose clock is days ahead. */
const MIN_REFRESH_INTERVAL_MS = 60_000;

const listeners = new Set<() => void>();
let current = read();
let timer: ReturnType<typeof setTimeout> | undefined;

/** The session, or null if no user is signed in. The same object until it changes. */
export const getSession = (): Session | null => current;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Starts to keep the session alive. To be called once, when the page has loaded. */
export function start(): void {
  // The event comes from other tabs only.
  addEventListener("storage", (event) => {
    if (event.key === STORAGE_KEY || event.key === null) changed();
  });
  // Timers stand still while the computer sleeps.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
  addEventListener("online", () => void refresh());
  void refresh();
}

export async function signIn(username: string, password: string): Promise<void> {
  const { body, expires } = await call<{ token: string; user: Session["user"] }>("POST", "/login", {
    json: { username, password },
  });
  const { id, username: name, role } = body.user;
  write(session(body.token, { id, username: name, role }, expires));
}

/** Revokes the session. The token is deleted even if that fails, and then the error is thrown. */
export async function signOut(): Promise<void> {
  // Under the lock, so that no other tab stores a refreshed token afterwards.
  await navigator.locks.request(LOCK, async () => {
    const token = read()?.token;
    write(null);
    if (token !== undefined) await call("POST", "/logout", { token });
  });
}

/** Calls a route with the token of the session. If the token is not valid, the user is signed out. */
export async function callSignedIn<Body>(method: "GET" | "POST" | "DELETE", path: string): Promise<Body> {
  const token = read()?.token ?? "";
  try {
    return (await call<Body>(method, path, { token })).body;
  } catch (error) {
    if (!(error instanceof ApiError && error.isUnauthenticated)) throw error;
    const newest = read()?.token;
    // Another tab has refreshed the token, or signed in again, in the meantime.
    if (newest !== undefined && newest !== token) return (await call<Body>(method, path, { token: newest })).body;
    write(null);
    throw error;
  }
}

/** Refreshes the token if it is time, in one tab at a time. */
async function refresh(): Promise<void> {
  let retryAt: number | undefined;
  await navigator.locks.request(LOCK, async () => {
    // Another tab may have refreshed it while this one waited for the lock. If this tab cannot read the new token yet, Edge Auth
    // returns the token that the other tab got.
    const old = read();
    if (old === null || Date.now() < old.refreshAt) return;
    try {
      const { body, expires } = await call<{ access_token: string }>("POST", "/refresh", { token: old.token });
      const refreshed = session(body.access_token, old.user, expires);
      // Close to the maximum age of the session, a refresh does not move the expiry.
      if (refreshed.expires <= old.expires) refreshed.refreshAt = Math.max(refreshed.refreshAt, refreshed.expires);
      write(refreshed);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.isUnauthenticated) write(null);
      else retryAt = Date.now() + error.retryAfter * 1_000;
    }
  });
  schedule(retryAt);
}

function schedule(retryAt = 0): void {
  clearTimeout(timer);
  if (current === null) return;
  const delay = Math.max(current.refreshAt, retryAt) - Date.now();
  timer = setTimeout(() => void refresh(), Math.max(delay, 0));
}

function session(token: string, user: Session["user"], expires: string | null): Session {
  if (expires === null) throw new Error("The response has no header Edge-Auth-Expires, or the browser may not read it.");
  const now = Date.now();
  const expiry = Date.parse(expires);
  const refreshAt = now + Math.max((expiry - now) / 2, MIN_REFRESH_INTERVAL_MS);
  return { token, user, expires: expiry, refreshAt };
}

function read(): Session | null {
  return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null") as Session | null;
}

function write(session: Session | null): void {
  if (session === null) localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  changed();
}

function changed(): void {
  current = read();
  schedule();
  for (const listener of listeners) listener();
}
