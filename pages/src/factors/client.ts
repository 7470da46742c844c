// The calls of the API about passkeys, one-time codes and recovery codes.
import { api, call } from "../api.ts";
import type { Result } from "../api.ts";
import type { CreationChallenge, RequestChallenge, SignedChallenge } from "../passkeys/prompt.ts";

/** What a user can prove besides the password. */
export type FactorMethod = "passkey" | "totp" | "recovery_code";

/** What a user can add at a sign-in or on the account page. */
export type AddableMethod = "passkey" | "totp";

/** A factor of the user, for a request that verifies it. */
export type Proof = { method: "totp" | "recovery_code"; code: string } | ({ method: "passkey" } & SignedChallenge);

export interface Passkey {
  id: string;
  credential_id?: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  is_backed_up: boolean;
  transports: string[];
}

export interface Factors {
  policy_demands_factor: boolean;
  has_password: boolean;
  is_managed_elsewhere?: boolean;
  rp_id?: string;
  passkeys: Passkey[];
  totp: { created_at: string } | null;
  recovery_codes: { remaining: number; created_at: string } | null;
  can_enrol: AddableMethod[];
}

export interface TotpSecret {
  secret: string;
  uri: string;
}

/** The codes that the first factor brings; null for every further one. */
export interface NewCodes {
  recovery_codes: string[] | null;
}

export interface StepUpOptions {
  methods: (FactorMethod | "password" | "aws_device")[];
  passkey: RequestChallenge | null;
}

type Method = "DELETE" | "GET" | "PATCH" | "POST";

/** Until the OpenAPI document has these routes. */
function send<T>(method: Method, path: string, body?: unknown): Promise<Result<T>> {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const request = fetch(`/api/auth${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return call(request.then(async (response) => (response.ok ? { data: (await response.json()) as T, response } : { response })));
}

export const loadFactors = () => send<Factors>("GET", "/factors");

export const newPasskey = () => send<CreationChallenge>("POST", "/passkeys/options");

export const addPasskey = (signed: SignedChallenge, name: string) => send<{ passkey: Passkey } & NewCodes>("POST", "/passkeys", { ...signed, name });

export const renamePasskey = (id: string, name: string) => send<{ passkey: Passkey }>("PATCH", `/passkeys/${id}`, { name });

export const deletePasskey = (id: string) => send<object>("DELETE", `/passkeys/${id}`);

export const newTotp = () => send<TotpSecret>("POST", "/totp");

export const confirmTotp = (code: string) => send<NewCodes>("POST", "/totp/confirm", { code });

export const deleteTotp = () => send<object>("DELETE", "/totp");

export const newRecoveryCodes = () => send<{ recovery_codes: string[] }>("POST", "/recovery-codes");

export const deletePassword = () => send<object>("DELETE", "/password");

export const stepUpOptions = () => send<StepUpOptions>("POST", "/step-up/options");

export const stepUp = (proof: Proof) => send<object>("POST", "/step-up", proof);

/** For a sign-in with a passkey, or for the second step of a pending sign-in. */
export const passkeyOptions = (pending?: string) => send<RequestChallenge>("POST", "/sign-in/passkey-options", pending === undefined ? {} : { pending });

export interface SignedIn {
  status: "signed_in";
  recovery_codes?: string[] | null;
}

export interface Pending {
  status: "second_factor_required";
  methods: FactorMethod[];
  enrol: AddableMethod[];
  pending: string;
  expires_at: string;
}

export const signInWithPasskey = (signed: SignedChallenge) =>
  send<SignedIn>("POST", "/sign-in", { method: "passkey", session: "cookie", ...signed });

export const verify = (pending: string, proof: Proof & { name?: string }) => send<SignedIn>("POST", "/sign-in/verify", { pending, ...proof });

export const enrolPasskey = (pending: string) => send<CreationChallenge>("POST", "/sign-in/enrol", { pending, method: "passkey" });

export const enrolTotp = (pending: string) => send<TotpSecret>("POST", "/sign-in/enrol", { pending, method: "totp" });

void api;
