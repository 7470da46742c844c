// The JSON forms of WebAuthn level 3, section 5.1.8 and 5.1.9, also for browsers that cannot convert them.
import type { components } from "../../../build/openapi.d.ts";

type Schemas = components["schemas"];
export type CreationOptions = Schemas["CreationOptions"];
export type RequestOptions = Schemas["RequestOptions"];
/** A credential as it is sent to the API. */
export type CredentialJson = Schemas["CredentialJson"] & Pick<PublicKeyCredential, "authenticatorAttachment">;

/** Bytes as the API writes them: base64url without padding. */
export type Base64Url = string;

export function creationOptions(json: CreationOptions): PublicKeyCredentialCreationOptions {
  if (typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function") {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json as PublicKeyCredentialCreationOptionsJSON);
  }
  const { challenge, user, excludeCredentials } = json;
  const others = json as Pick<PublicKeyCredentialCreationOptions, "attestation" | "authenticatorSelection" | "pubKeyCredParams">;
  return {
    ...others,
    rp: json.rp,
    timeout: json.timeout,
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: excludeCredentials.map(descriptor),
  };
}

export function requestOptions(json: RequestOptions): PublicKeyCredentialRequestOptions {
  if (typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function") return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  const { challenge, allowCredentials, rpId, timeout } = json;
  const userVerification = json.userVerification as UserVerificationRequirement;
  return { rpId, timeout, userVerification, challenge: bytes(challenge), allowCredentials: allowCredentials.map(descriptor) };
}

const descriptor = ({ id, type, transports }: Schemas["Descriptor"]): PublicKeyCredentialDescriptor => ({
  id: bytes(id),
  type: type as PublicKeyCredentialType,
  transports: transports as AuthenticatorTransport[],
});

/** The credential as JSON, written by the browser or by this file. */
export function credentialJson(credential: PublicKeyCredential): CredentialJson {
  try {
    return credential.toJSON() as CredentialJson;
  } catch {
    // The browser has no such method, or an extension of a password manager has replaced the credential by an object of its own.
    return written(credential);
  }
}

function written({ id, rawId, type, authenticatorAttachment, response }: PublicKeyCredential): CredentialJson {
  const clientDataJSON = base64Url(response.clientDataJSON);
  const more = "attestationObject" in response ? attestation(response as AuthenticatorAttestationResponse) : assertion(response as AuthenticatorAssertionResponse);
  return { id, rawId: base64Url(rawId), type, authenticatorAttachment, response: { clientDataJSON, ...more } };
}

const attestation = (response: AuthenticatorAttestationResponse) => ({
  attestationObject: base64Url(response.attestationObject),
  transports: response.getTransports?.() ?? [],
});

const assertion = ({ authenticatorData, signature, userHandle }: AuthenticatorAssertionResponse) => ({
  authenticatorData: base64Url(authenticatorData),
  signature: base64Url(signature),
  userHandle: userHandle && base64Url(userHandle),
});

function bytes(text: Base64Url): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64Url(buffer: ArrayBuffer): Base64Url {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The user handle of a passkey: the 16 bytes of the user's UUID. */
export function userHandle(id: string): Base64Url {
  const pairs = id.replaceAll("-", "").match(/../g) ?? [];
  return base64Url(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)).buffer);
}
