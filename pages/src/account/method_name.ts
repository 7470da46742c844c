// The name of the method of a sign-in, with its second factor.
import type { components } from "../../../build/openapi.d.ts";
import type { Texts } from "../texts/en.ts";

type Session = Pick<components["schemas"]["SessionDetails"], "method" | "factor">;

export function methodName({ method, factor }: Session, t: Texts): string {
  const names = { passkey: t.factors.passkey.name, totp: t.factors.totp.name, recovery_code: t.factors.recovery.name };
  const first = method === null ? t.account.unknown : t.sessions.methods[method];
  return factor === null || method === "passkey" ? first : `${first}, ${names[factor]}`;
}
