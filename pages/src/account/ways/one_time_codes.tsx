// One-time codes of an authenticator app: set up and removed.
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { confirmTotp, deleteTotp, newTotp } from "../../factors/client.ts";
import type { TotpSecret } from "../../factors/client.ts";
import { TotpSetup } from "../../factors/totp_setup.tsx";
import { formatTime, useTexts } from "../../language.ts";
import { useResult } from "../step_up.tsx";
import { Outcome, useChange, useDone } from "./change.tsx";
import { Dialog } from "./dialog.tsx";
import type { PartProps } from "./passkeys.tsx";

export function OneTimeCodes({ factors, onChange }: PartProps) {
  const t = useTexts();
  const { totp, ways } = t.factors;
  const result = useResult();
  const [secret, setSecret] = useState<TotpSecret>();
  const [done, setDone] = useDone();
  const starting = useChange({ request: newTotp, onDone: setSecret });
  const { title, consequences, last, confirm } = t.factors.questions.removeTotp;
  const removing = useChange({
    question: { title, consequences: factors.passkeys.length === 0 ? [...consequences, last] : consequences, confirm },
    request: deleteTotp,
    onDone: () => {
      setDone(ways.totpRemoved);
      onChange();
    },
  });
  const isSetUp = factors.totp !== null;
  return (
    <div class="part">
      <h3>{totp.plural}</h3>
      <p>{totp.what}</p>
      <p class="hint">{factors.totp === null ? ways.totpNone : ways.totpSet(formatTime(factors.totp.created_at))}</p>
      <Outcome actions={[starting, removing]} done={done} />
      <div class="tools">
        {isSetUp && (
          <Button kind="secondary" isBusy={removing.isBusy} onClick={removing.run}>
            {ways.removeTotp}
          </Button>
        )}
        {!isSetUp && (
          <Button kind="secondary" isBusy={starting.isBusy} onClick={starting.run}>
            {ways.setUpTotp}
          </Button>
        )}
      </div>
      {secret && (
        <Dialog title={ways.setUpTotp} first="h2" onEscape={() => setSecret(undefined)}>
          <TotpSetup
            secret={secret}
            send={(code) => result(() => confirmTotp(code))}
            onDone={({ recovery_codes }) => {
              setSecret(undefined);
              setDone(t.factors.added.totp);
              onChange(recovery_codes);
            }}
            back={{ text: t.cancel, run: () => setSecret(undefined) }}
          />
        </Dialog>
      )}
    </div>
  );
}
