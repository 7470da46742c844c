// The setup of one-time codes: the secret for the authenticator app, and the first code of the app.
import type { Failure, Result } from "../api.ts";
import { CopyButton } from "../components/copy_button.tsx";
import { useTexts } from "../language.ts";
import type { TotpSecret } from "./client.ts";
import { CodeForm } from "./code_form.tsx";
import { QrCode } from "./qr_code.tsx";

interface TotpSetupProps<T> {
  secret: TotpSecret;
  send: (code: string) => Promise<Result<T>>;
  onDone: (value: T) => void;
  onFailure?: (failure: Failure) => boolean;
  back: { text: string; run: () => void };
}

/** Authenticator apps open addresses that begin so. The service sends the address, but no other scheme may ever become a link. */
const SCHEME = "otpauth://totp/";

export function TotpSetup<T>({ secret: { secret, uri }, ...form }: TotpSetupProps<T>) {
  const { factors } = useTexts();
  return (
    <>
      <p>{factors.totp.scan}</p>
      <QrCode text={uri} label={factors.totp.image} />
      <dl class="facts compare single">
        <div>
          <dt>{factors.totp.key}</dt>
          <dd class="key">{inGroups(secret)}</dd>
        </div>
      </dl>
      <CopyButton text={secret} caption={factors.totp.copyKey} />
      {uri.startsWith(SCHEME) && <a href={uri}>{factors.totp.open}</a>}
      <CodeForm kind="totp" {...form} />
    </>
  );
}

/** Groups of four are easier to type. */
const inGroups = (secret: string): string => secret.match(/.{1,4}/g)?.join(" ") ?? "";
