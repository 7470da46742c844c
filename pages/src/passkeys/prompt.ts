// The prompts of the browser that create and use passkeys.
import type { Failure, Result } from "../api.ts";
import { creationOptions, credentialJson, requestOptions } from "./json.ts";
import type { CreationOptions, CredentialJson, RequestOptions } from "./json.ts";

/** Options of the service for one prompt, and the state that is sent back with the credential. */
export interface Challenge<T> {
  options: T;
  state: string;
}

export type CreationChallenge = Challenge<CreationOptions>;
export type RequestChallenge = Challenge<RequestOptions>;

/** What is sent to the service after a prompt. */
export interface SignedChallenge {
  state: string;
  credential: CredentialJson;
}

export const hasPasskeys = (): boolean => typeof globalThis.PublicKeyCredential === "function";

/** Whether the browser offers passkeys among the suggestions of a field. */
export async function hasAutofill(): Promise<boolean> {
  if (!hasPasskeys() || typeof PublicKeyCredential.isConditionalMediationAvailable !== "function") return false;
  return PublicKeyCredential.isConditionalMediationAvailable().catch(() => false);
}

/** Whether this device can keep a passkey and check its user, by fingerprint for example. */
export async function hasOwnAuthenticator(): Promise<boolean> {
  if (!hasPasskeys()) return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
}

/** Asks the user to create a passkey. */
export function createPasskey({ options, state }: CreationChallenge): Promise<Result<SignedChallenge>> {
  return prompt(state, async () => navigator.credentials.create({ publicKey: creationOptions(options) }));
}

/** Asks the user for a passkey. */
export function askForPasskey({ options, state }: RequestChallenge): Promise<Result<SignedChallenge>> {
  return prompt(state, async () => navigator.credentials.get({ publicKey: requestOptions(options) }));
}

/** Offers passkeys as suggestions of the field with `autocomplete="… webauthn"`, until the user chooses one or the signal aborts. */
export function suggestPasskeys({ options, state }: RequestChallenge, signal: AbortSignal): Promise<Result<SignedChallenge>> {
  const mediation = "conditional";
  return prompt(state, async () => navigator.credentials.get({ publicKey: requestOptions(options), mediation, signal }));
}

async function prompt(state: string, ask: () => Promise<Credential | null>): Promise<Result<SignedChallenge>> {
  if (!hasPasskeys()) return { failure: failureOf("NotSupportedError") };
  try {
    const credential = await ask();
    if (credential === null) return { failure: failureOf("NotAllowedError") };
    return { value: { state, credential: credentialJson(credential as PublicKeyCredential) } };
  } catch (error) {
    return { failure: failureOf(error instanceof Error ? error.name : "") };
  }
}

/** The user has closed the prompt, or it has timed out. Browsers do not tell the page which of the two. */
export const CANCELLED = "passkey_cancelled";

/** The page has aborted the prompt. */
export const ABORTED = "passkey_aborted";

/** WebAuthn level 3, sections 5.1.3 and 5.1.4, says when each error occurs. */
const CODES: Record<string, string> = {
  AbortError: ABORTED,
  NotAllowedError: CANCELLED,
  InvalidStateError: "passkey_exists",
  ConstraintError: "passkey_unsupported",
  NotSupportedError: "passkey_unsupported",
  SecurityError: "passkey_address",
};

const failureOf = (name: string): Failure => ({ code: CODES[name] ?? "passkey_failed", status: 0, retryAfter: null });
