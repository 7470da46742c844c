// After a sign-in with a password: the offer to add a passkey. The browser remembers that the user has declined the offer.
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { useAttempt } from "../factors/attempt.ts";
import { addPasskey, loadFactors, newPasskey } from "../factors/client.ts";
import { addNewPasskey } from "../factors/new_passkey.ts";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { hasOwnAuthenticator } from "../passkeys/prompt.ts";

const DECLINED = "edge-auth-no-passkey";

/** The offer is not worth a longer wait. */
const TIMEOUT_MS = 3_000;

/** Whether this browser can keep a passkey, and the user has none and did not decline. */
export async function shouldOffer(): Promise<boolean> {
  if (isDeclined() || !(await hasOwnAuthenticator())) return false;
  const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, TIMEOUT_MS));
  const value = (await Promise.race([loadFactors(), timeout]))?.value;
  return value !== undefined && value.passkeys.length === 0 && value.can_enrol.includes("passkey");
}

function isDeclined(): boolean {
  try {
    return localStorage.getItem(DECLINED) !== null;
  } catch {
    // The browser denies storage to this site, so it could not remember that the user declines.
    return true;
  }
}

function decline(): void {
  try {
    localStorage.setItem(DECLINED, "");
  } catch {
    // The next sign-in then asks again.
  }
}

interface OfferProps {
  /** With the recovery codes, if the passkey is the first factor. */
  onAdded: (codes: string[] | null) => void;
  onDeclined: () => void;
}

export function Offer({ onAdded, onDeclined }: OfferProps) {
  const t = useTexts();
  const { offer, passkey } = t.factors;
  const { submission, failure } = useAttempt({
    request: () => addNewPasskey(t, { load: newPasskey, send: addPasskey }),
    onDone: ({ recovery_codes }) => onAdded(recovery_codes),
  });
  return (
    <>
      <ViewHeading>{offer.title}</ViewHeading>
      {failure === undefined ? <p>{passkey.what}</p> : <Message kind="error">{failureText(t, failure)}</Message>}
      <p class="hint">{offer.changes}</p>
      <Button kind="primary" isBusy={submission.isBusy} onClick={submission.run}>
        {passkey.add}
      </Button>
      <Button
        kind="secondary"
        onClick={() => {
          decline();
          onDeclined();
        }}
      >
        {offer.later}
      </Button>
    </>
  );
}
