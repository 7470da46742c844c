// The name of a device, from the `User-Agent` header of its sign-in.
import bowser from "bowser";
import type { Texts } from "../language.ts";

/** Such as "Firefox on Linux". A program is shown by the name in its `User-Agent`. */
export function deviceName(userAgent: string | null, { sessions }: Texts): string {
  if (!userAgent) return sessions.unknownDevice;
  const { browser, os } = bowser.parse(userAgent);
  if (browser.name && os.name) return sessions.device(browser.name, os.name);
  return userAgent;
}
