// The name of a device, from the `User-Agent` header of its sign-in.
import bowser from "bowser";
import type { Texts } from "../language.ts";

/** Such as "Firefox on Linux". A program has the name that it gives itself. */
export function deviceName(userAgent: string | null, { sessions }: Texts): string {
  if (!userAgent) return sessions.unknownDevice;
  const { browser, os } = bowser.parse(userAgent);
  if (browser.name && os.name) return sessions.device(browser.name, os.name);
  return userAgent;
}
