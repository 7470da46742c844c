// The JSON forms of WebAuthn level 3, section 5.1.8 and 5.1.9, also for browsers that cannot convert them.

/** Bytes as the API writes them: base64url without padding. */
export type Base64Url = string;

export function creationOptions(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  if (typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function") {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  // The inputs of extensions can contain bytes. The service uses none of these extensions.
  const { challenge, user, excludeCredentials, extensions: _, ...others } = json;
  return {
    ...(others as Omit<PublicKeyCredentialCreationOptions, "challenge" | "user">),
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: (excludeCredentials ?? []).map(descriptor),
  };
}

export function requestOptions(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  if (typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function") {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  const { challenge, allowCredentials, extensions: _, ...others } = json;
  return {
    ...(others as Omit<PublicKeyCredentialRequestOptions, "challenge">),
    challenge: bytes(challenge),
    allowCredentials: (allowCredentials ?? []).map(descriptor),
  };
}

const descriptor = ({ id, type, transports }: PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor => ({
  id: bytes(id),
  type: type as PublicKeyCredentialType,
  ...(transports && { transports: transports as AuthenticatorTransport[] }),
});

/** What the API gets of a credential. */
export type CredentialJson = ReturnType<typeof written>;

/** The credential as JSON, from the browser or written here. */
export function credentialJson(credential: PublicKeyCredential): CredentialJson {
  try {
    return credential.toJSON() as CredentialJson;
  } catch {
    // The browser has no such method, or an extension of a password manager has replaced the credential by an object of its own.
    return written(credential);
  }
}

function written({ id, rawId, type, authenticatorAttachment, response }: PublicKeyCredential) {
  const common = { clientDataJSON: base64Url(response.clientDataJSON) };
  return {
    id,
    rawId: base64Url(rawId),
    type,
    authenticatorAttachment,
    clientExtensionResults: {},
    response: "attestationObject" in response ? attestation(response as AuthenticatorAttestationResponse) : assertion(response as AuthenticatorAssertionResponse),
  };

  function attestation(response: AuthenticatorAttestationResponse) {
    return { ...common, attestationObject: base64Url(response.attestationObject), transports: response.getTransports?.() ?? [] };
  }

  function assertion({ authenticatorData, signature, userHandle }: AuthenticatorAssertionResponse) {
    return {
      ...common,
      authenticatorData: base64Url(authenticatorData),
      signature: base64Url(signature),
      ...(userHandle && { userHandle: base64Url(userHandle) }),
    };
  }
}

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
