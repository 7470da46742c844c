// The addresses of the pages, and how pages lead to each other.

export const PAGES = {
  account: "/account",
  administration: "/admin",
  forgotPassword: "/forgot-password",
  signIn: "/sign-in",
  signedOut: "/signed-out",
} as const;

/** The parameter of /sign-in with the address that the user wants to return to. The API decides whether the page follows it. */
export const RETURN_TO = "return_to";

/** The parameter of /sign-out with the languages that an application prefers. */
export const UI_LOCALES = "ui_locales";

/** The parameter of /account that asks the user to check something, such as `passkeys`. */
export const REVIEW = "review";

/** Leads to the sign-in page, and after the sign-in to the passkeys, which a new password does not remove. */
export function signInAndReview(): string {
  const target = `${PAGES.account}?${new URLSearchParams({ [REVIEW]: "passkeys" })}`;
  return `${PAGES.signIn}?${new URLSearchParams({ [RETURN_TO]: target })}`;
}

/** The sign-in page, which then leads back to this page. */
export const signInPath = (): string => `${PAGES.signIn}?${new URLSearchParams({ [RETURN_TO]: location.pathname + location.search })}`;

const NOTICE = "edge-auth-notice";
const LOGIN_HINT = "edge-auth-login-hint";
const NEW_SIGN_IN = "edge-auth-new-sign-in";

interface SignInReason {
  hasExpired: boolean;
  /** Whether the current session is not enough. */
  isNewNeeded?: boolean;
  /** The user name that an application expects. */
  loginHint?: string | null;
}

/** Leads to the sign-in page, and from there back to this page. */
export function signInAgain({ hasExpired, isNewNeeded = false, loginHint = null }: SignInReason): void {
  // Without the notice, the page does not say why the user has to sign in.
  if (hasExpired) keep(NOTICE, "expired");
  if (isNewNeeded) keep(NEW_SIGN_IN, "needed");
  // The hint is not in the address, because addresses are logged and other sites can choose them.
  if (loginHint !== null) keep(LOGIN_HINT, loginHint);
  location.replace(signInPath());
}

/** Whether another page has led here because the session has ended. True once. */
export const takeExpiredNotice = (): boolean => take(NOTICE) === "expired";

/** Whether another page has led here because the session is not enough, so the user cannot continue with it. True once. */
export const takeNewSignIn = (): boolean => take(NEW_SIGN_IN) === "needed";

/** The user name that an application expects. Returned once. */
export const takeLoginHint = (): string | null => take(LOGIN_HINT);

/** Keeps a text for the next page of this tab, unless the browser denies storage to this site. */
function keep(name: string, text: string): void {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // The next page works without the text.
  }
}

function take(name: string): string | null {
  try {
    const text = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    return text;
  } catch {
    return null;
  }
}

/**
 * The secret of a link, which is in the fragment of the URL. Removes it from the address bar and from the history, so that it
 * is neither seen nor synchronised.
 */
export function takeSecret(): string | undefined {
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  // A second link that is opened in this tab changes only the fragment.
  addEventListener("hashchange", () => location.reload());
  return secret === "" ? undefined : secret;
}

/** The URL of another site, if a link to it is safe: https, or http on this machine while this page is also from there. */
export function safeUrl(text: string | null): string | undefined {
  if (text === null || !URL.canParse(text)) return undefined;
  const { protocol, hostname } = new URL(text);
  const isLocal = [hostname, location.hostname].every((name) => ["localhost", "127.0.0.1"].includes(name));
  return protocol === "https:" || (protocol === "http:" && isLocal) ? text : undefined;
}
