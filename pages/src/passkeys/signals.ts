// Signals to the user's password manager about passkeys (WebAuthn level 3, section 5.1.10), so that it offers no deleted passkey
// and shows the current name of the user. Not every browser has these signals, and no browser reports whether a password manager
// has followed them.
import type { User } from "../api.ts";
import { userHandle } from "./json.ts";
import type { Base64Url } from "./json.ts";

interface Signals {
  signalUnknownCredential?: (options: { rpId: string; credentialId: Base64Url }) => Promise<void>;
  signalAllAcceptedCredentials?: (options: { rpId: string; userId: Base64Url; allAcceptedCredentialIds: Base64Url[] }) => Promise<void>;
  signalCurrentUserDetails?: (options: { rpId: string; userId: Base64Url; name: string; displayName: string }) => Promise<void>;
}

/** TypeScript does not know these methods yet. */
const signals = (): Signals => (globalThis.PublicKeyCredential as Signals | undefined) ?? {};

/** The service does not know this passkey. */
export function signalUnknown(rpId: string, credentialId: Base64Url): void {
  void signals().signalUnknownCredential?.({ rpId, credentialId }).catch(ignore);
}

/** These are all passkeys of the user. */
export function signalAccepted(rpId: string, user: User, credentialIds: Base64Url[]): void {
  const userId = userHandle(user.id);
  void signals().signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: credentialIds }).catch(ignore);
  const displayName = user.name || user.username;
  void signals().signalCurrentUserDetails?.({ rpId, userId, name: user.username, displayName }).catch(ignore);
}

const ignore = () => {};
