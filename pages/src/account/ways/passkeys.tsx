// The passkeys of the user: added, renamed and deleted.
import { useRef } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { addPasskey, newPasskey } from "../../factors/client.ts";
import type { Factors } from "../../factors/client.ts";
import { addNewPasskey } from "../../factors/new_passkey.ts";
import { useTexts } from "../../language.ts";
import { hasPasskeys } from "../../passkeys/prompt.ts";
import { useResult } from "../step_up.tsx";
import { Outcome, useChange, useDone } from "./change.tsx";
import { Entry } from "./passkey.tsx";

export interface PartProps {
  factors: Factors;
  /** Something has changed. New recovery codes are shown to the user. */
  onChange: (codes?: string[] | null) => void;
}

export function Passkeys({ factors, onChange }: PartProps) {
  const t = useTexts();
  const texts = t.factors;
  return (
    <div class="part">
      <h3>{texts.ways.passkeys}</h3>
      <p>{texts.passkey.what}</p>
      {factors.passkeys.length === 0 && <p class="hint">{texts.ways.noPasskeys}</p>}
      <PasskeyList heading="h4" factors={factors} onChange={onChange} />
      {hasPasskeys() ? <AddPasskey onChange={onChange} /> : <p class="hint">{texts.failures.passkey_unsupported}</p>}
    </div>
  );
}

export function PasskeyList({ heading, factors, onChange }: PartProps & { heading: "h3" | "h4" }) {
  const { factors: texts } = useTexts();
  const [done, setDone] = useDone();
  const list = useRef<HTMLDivElement>(null);
  return (
    <div class="stack" ref={list} tabIndex={-1}>
      <ul class="sessions">
        {factors.passkeys.map((passkey) => (
          <Entry
            key={passkey.id}
            heading={heading}
            passkey={passkey}
            isLastFactor={factors.passkeys.length === 1 && factors.totp === null}
            onRenamed={() => {
              setDone(texts.ways.renamed);
              onChange();
            }}
            onDeleted={() => {
              setDone(texts.ways.deleted);
              // The button that had the focus is removed.
              list.current?.focus();
              onChange();
            }}
          />
        ))}
      </ul>
      <Outcome actions={[]} done={done} />
    </div>
  );
}

function AddPasskey({ onChange }: Pick<PartProps, "onChange">) {
  const t = useTexts();
  const result = useResult();
  const [done, setDone] = useDone();
  const adding = useChange({
    // Each call has its own step-up, so that a step-up repeats one call and does not lead to a second prompt.
    request: () =>
      addNewPasskey(t, {
        load: () => result(newPasskey),
        send: (signed, name) => result(() => addPasskey(signed, name)),
      }),
    onDone: ({ recovery_codes }) => {
      setDone(t.factors.added.passkey);
      onChange(recovery_codes);
    },
  });
  return (
    <>
      <Outcome actions={[adding]} done={done} />
      <div class="tools">
        <Button kind="secondary" isBusy={adding.isBusy} onClick={adding.run}>
          {t.factors.passkey.add}
        </Button>
      </div>
    </>
  );
}
