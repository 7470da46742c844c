// The password as a way to sign in. A user with a passkey can do without it.
import { Button } from "../../components/button.tsx";
import { deletePassword } from "../../factors/client.ts";
import { useTexts } from "../../language.ts";
import { Outcome, useChange, useDone } from "./change.tsx";
import type { PartProps } from "./passkeys.tsx";

export function Password({ factors, onChange }: PartProps) {
  const { factors: { ways, questions } } = useTexts();
  const [done, setDone] = useDone();
  const removing = useChange({
    question: questions.removePassword,
    request: deletePassword,
    onDone: () => {
      setDone(ways.passwordRemoved);
      onChange();
    },
  });
  return (
    <div class="part">
      <h3>{ways.password}</h3>
      <p>{factors.has_password ? ways.passwordSet : ways.passwordNone}</p>
      <Outcome actions={[removing]} done={done} />
      {factors.has_password && factors.passkeys.length > 0 && (
        <div class="tools">
          <Button kind="secondary" isBusy={removing.isBusy} onClick={removing.run}>
            {ways.removePassword}
          </Button>
        </div>
      )}
    </div>
  );
}
