// The name of a country, in the language of the page.
import { language } from "../language.ts";
import type { Texts } from "../language.ts";

/** The code is one of ISO 3166-1, or one of Cloudflare's own: `T1` is the Tor network. */
export function countryName(code: string | null, { account, sessions }: Texts): string {
  if (code === null) return account.unknown;
  if (code === "T1") return sessions.tor;
  // `DisplayNames` refuses a code with a digit.
  if (!/^[A-Z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames(language(), { type: "region" }).of(code) ?? code;
}
