// The first factor of a user, which the policy of the service demands before the sign-in is complete.
import { useState } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { useAttempt } from "../factors/attempt.ts";
import { enrolPasskey, enrolTotp, verify, verifyNewPasskey } from "../factors/client.ts";
import type { TotpSecret } from "../factors/client.ts";
import { addNewPasskey } from "../factors/new_passkey.ts";
import { TotpSetup } from "../factors/totp_setup.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { hasPasskeys } from "../passkeys/prompt.ts";
import { useExpiry } from "./expiry.ts";
import type { PendingProps } from "./second_step.tsx";

export function Enrolment({ pending: { pending, enrol }, onDone, onExpired, onStartAgain }: PendingProps) {
  const t = useTexts();
  const { factors } = t;
  const [secret, setSecret] = useState<TotpSecret>();
  const onFailure = useExpiry(onExpired);
  const passkey = useAttempt({
    request: () =>
      addNewPasskey(t, {
        load: () => enrolPasskey(pending),
        send: (signed, name) => verifyNewPasskey(pending, signed, name),
      }),
    onDone,
    onFailure,
  });
  const totp = useAttempt({ request: () => enrolTotp(pending), onDone: setSecret, onFailure });
  if (secret !== undefined) {
    return (
      <>
        <ViewHeading>{factors.ways.setUpTotp}</ViewHeading>
        <TotpSetup
          secret={secret}
          send={(code) => verify(pending, { method: "totp", code })}
          onDone={onDone}
          onFailure={onFailure}
          back={{ text: factors.secondStep.startAgain, run: onStartAgain }}
        />
      </>
    );
  }
  const failure = passkey.failure ?? totp.failure;
  const canAddPasskey = enrol.includes("passkey") && hasPasskeys();
  const canSetUpTotp = enrol.includes("totp");
  return (
    <>
      <ViewHeading>{factors.enrol.title}</ViewHeading>
      <Message kind={failure === undefined ? "lead" : "error"}>{failure === undefined ? factors.enrol.lead : failureText(t, failure)}</Message>
      {canAddPasskey && (
        <div class="option">
          <h2>{factors.passkey.name}</h2>
          <p>{factors.passkey.what}</p>
          <Button kind="primary" isBusy={passkey.submission.isBusy} onClick={passkey.submission.run}>
            {factors.passkey.create}
          </Button>
        </div>
      )}
      {canSetUpTotp && (
        <div class="option">
          <h2>{factors.totp.plural}</h2>
          <p>{factors.totp.what}</p>
          <Button kind={canAddPasskey ? "secondary" : "primary"} isBusy={totp.submission.isBusy} onClick={totp.submission.run}>
            {factors.ways.setUpTotp}
          </Button>
        </div>
      )}
      {!canAddPasskey && !canSetUpTotp && <Message kind="error">{factors.failures.passkey_unsupported}</Message>}
      <Button kind="secondary" onClick={onStartAgain}>
        {factors.secondStep.startAgain}
      </Button>
    </>
  );
}
