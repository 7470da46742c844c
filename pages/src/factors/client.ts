// The calls of the API about passkeys, one-time codes and recovery codes.
import type { components } from "../../../build/openapi.d.ts";
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { CreationChallenge, SignedChallenge } from "../passkeys/prompt.ts";

type Schemas = components["schemas"];

/** A way to show a second factor. */
export type FactorMethod = Schemas["Factor"];
export type Factors = Schemas["FactorsResponse"];
export type Passkey = Schemas["Passkey"];
export type StepUpOptions = Schemas["StepUpOptionsResponse"];
export type TotpSecret = Pick<Schemas["TotpSecretResponse"], "secret" | "uri">;

/** The sign-in is complete. */
export type SignedIn = Schemas["SignInResponse"] | Schemas["VerifyResponse"];
/** The sign-in needs a second factor. */
export type Pending = Schemas["SecondFactorResponse"];

/** A factor of the user, for a request that verifies it. */
export type Proof = { method: "totp" | "recovery_code"; code: string } | ({ method: "passkey" } & SignedChallenge);

export const loadFactors = () => call(api.GET("/api/auth/factors"));

export const newPasskey = () => call(api.POST("/api/auth/passkeys/options"));

export const addPasskey = (signed: SignedChallenge, name: string) => call(api.POST("/api/auth/passkeys", { body: { ...signed, name } }));

export const renamePasskey = (id: string, name: string) => call(api.PATCH("/api/auth/passkeys/{id}", { params: { path: { id } }, body: { name } }));

export const deletePasskey = (id: string) => call(api.DELETE("/api/auth/passkeys/{id}", { params: { path: { id } } }));

export const newTotp = () => call(api.POST("/api/auth/totp"));

export const confirmTotp = (code: string) => call(api.POST("/api/auth/totp/confirm", { body: { code } }));

export const deleteTotp = () => call(api.DELETE("/api/auth/totp"));

export const newRecoveryCodes = () => call(api.POST("/api/auth/recovery-codes"));

export const deletePassword = () => call(api.DELETE("/api/auth/password"));

export const stepUpOptions = () => call(api.POST("/api/auth/step-up/options"));

export const stepUp = (proof: Proof) => call(api.POST("/api/auth/step-up", { body: proof }));

/** For a sign-in with a passkey, or for the second step of a pending sign-in. */
export const passkeyOptions = (pending?: string) =>
  call(api.POST("/api/auth/sign-in/passkey-options", { body: pending === undefined ? {} : { pending } }));

export const signInWithPasskey = (signed: SignedChallenge) =>
  call(api.POST("/api/auth/sign-in", { body: { method: "passkey", session: "cookie", ...signed } }));

export const verify = (pending: string, proof: Proof) => call(api.POST("/api/auth/sign-in/verify", { body: { pending, ...proof } }));

export const verifyNewPasskey = (pending: string, signed: SignedChallenge, name: string) =>
  call(api.POST("/api/auth/sign-in/verify", { body: { pending, method: "passkey", ...signed, name } }));

const enrol = (pending: string, method: Schemas["EnrolMethod"]) => call(api.POST("/api/auth/sign-in/enrol", { body: { pending, method } }));

export async function enrolPasskey(pending: string): Promise<Result<CreationChallenge>> {
  const { value, failure } = await enrol(pending, "passkey");
  if (failure !== undefined) return { failure };
  return "options" in value ? { value } : UNEXPECTED;
}

export async function enrolTotp(pending: string): Promise<Result<TotpSecret>> {
  const { value, failure } = await enrol(pending, "totp");
  if (failure !== undefined) return { failure };
  return "secret" in value ? { value } : UNEXPECTED;
}

/** The response belongs to another method. */
const UNEXPECTED = { failure: { code: "unknown", status: 0, retryAfter: null } };
