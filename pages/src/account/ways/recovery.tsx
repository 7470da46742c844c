// The recovery codes: how many are left, and new ones.
import { Button } from "../../components/button.tsx";
import { newRecoveryCodes } from "../../factors/client.ts";
import { formatTime, useTexts } from "../../language.ts";
import { Outcome, useChange } from "./change.tsx";
import type { PartProps } from "./passkeys.tsx";

export function Recovery({ factors, onChange }: PartProps) {
  const { factors: texts } = useTexts();
  const { recovery_codes: codes } = factors;
  const creating = useChange({
    // A user without codes is not asked, because no code becomes invalid.
    ...(codes !== null && codes.remaining > 0 && { question: texts.questions.newCodes }),
    request: newRecoveryCodes,
    onDone: ({ recovery_codes }) => onChange(recovery_codes),
  });
  const hasFactor = factors.passkeys.length > 0 || factors.totp !== null;
  const left = codes === null || codes.remaining === 0 ? texts.ways.codesUsedUp : texts.ways.codesLeft(codes.remaining, formatTime(codes.created_at));
  return (
    <div class="part">
      <h3>{texts.recovery.plural}</h3>
      <p>{hasFactor ? left : texts.ways.codesNone}</p>
      <Outcome actions={[creating]} done={undefined} />
      {hasFactor && (
        <div class="tools">
          <Button kind="secondary" isBusy={creating.isBusy} onClick={creating.run}>
            {texts.ways.newCodes}
          </Button>
        </div>
      )}
    </div>
  );
}
