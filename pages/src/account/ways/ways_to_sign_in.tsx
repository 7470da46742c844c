// The card with the ways to sign in.
import { useState } from "preact/hooks";
import type { Result } from "../../api.ts";
import { Message } from "../../components/message.tsx";
import type { Factors } from "../../factors/client.ts";
import { RecoveryCodes } from "../../factors/recovery_codes.tsx";
import { failureText } from "../../failures.ts";
import { useTexts } from "../../language.ts";
import { Dialog } from "./dialog.tsx";
import { OneTimeCodes } from "./one_time_codes.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Password } from "./password.tsx";
import { Recovery } from "./recovery.tsx";

interface WaysProps {
  /** Undefined while they are loaded. */
  loaded: Result<Factors> | undefined;
  /** The name of the service. */
  service: string;
  isManagedElsewhere: boolean;
  /** Whether the passkeys are in the card that asks the user to check them. */
  isReviewed: boolean;
  onChange: () => void;
}

export function WaysToSignIn({ loaded, service, isManagedElsewhere, isReviewed, onChange }: WaysProps) {
  const t = useTexts();
  const { ways, recovery } = t.factors;
  const [codes, setCodes] = useState<string[]>();
  const factors = loaded?.value;
  const changed = (codes?: string[] | null) => {
    if (codes) setCodes(codes);
    onChange();
  };
  return (
    <>
      <section class="card" aria-labelledby="ways">
        <h2 id="ways">{ways.title}</h2>
        {loaded === undefined && <p role="status">{t.loading}</p>}
        {loaded?.failure && <Message kind="error">{failureText(t, loaded.failure)}</Message>}
        {factors?.policy_demands_factor && <p class="hint">{ways.demanded}</p>}
        {factors && (
          <>
            {!isManagedElsewhere && <Password factors={factors} onChange={changed} />}
            {!isReviewed && <Passkeys factors={factors} onChange={changed} />}
            {(factors.totp !== null || factors.can_enrol.includes("totp")) && <OneTimeCodes factors={factors} onChange={changed} />}
            <Recovery factors={factors} onChange={changed} />
          </>
        )}
      </section>
      {codes && (
        <Dialog title={recovery.title} first="h2" onEscape={() => {}}>
          <RecoveryCodes codes={codes} service={service} onStored={() => setCodes(undefined)} />
        </Dialog>
      )}
    </>
  );
}
