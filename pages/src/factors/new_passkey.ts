// The creation of a passkey.
import type { Result } from "../api.ts";
import type { Texts } from "../language.ts";
import { createPasskey } from "../passkeys/prompt.ts";
import type { CreationChallenge, SignedChallenge } from "../passkeys/prompt.ts";

interface NewPasskeySteps<T> {
  load: () => Promise<Result<CreationChallenge>>;
  send: (signed: SignedChallenge, name: string) => Promise<Result<T>>;
}

/** Creates a passkey, and sends it. The user can rename it on the account page. */
export async function addNewPasskey<T>(t: Texts, { load, send }: NewPasskeySteps<T>): Promise<Result<T>> {
  const challenge = await load();
  if (challenge.failure !== undefined) return challenge;
  const signed = await createPasskey(challenge.value);
  if (signed.failure !== undefined) return signed;
  return send(signed.value, await nameOf(signed.value, t));
}

/** The name of this device if it keeps the passkey. A phone or a security key gives the browser no name. */
async function nameOf({ credential }: SignedChallenge, t: Texts): Promise<string> {
  if (credential.authenticatorAttachment === "cross-platform") return t.factors.passkey.otherDevice;
  try {
    const { deviceName } = await import("../account/device.ts");
    return [...deviceName(navigator.userAgent, t)].slice(0, 64).join("");
  } catch {
    // The script could not be loaded.
    return t.factors.passkey.name;
  }
}
