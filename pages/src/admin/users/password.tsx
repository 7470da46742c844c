// The password of a user: a link that sets a new one, and the end of a lockout.
import { useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { resetPassword, unlockUser } from "../client.ts";
import { OneTimeLink } from "../components/one_time_link.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { Delivery } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";

export function Password({ user, permissions, onChanged }: SectionProps) {
  const c = useConsoleTexts();
  return (
    <section class="card" aria-labelledby="password">
      <h2 id="password">{c.user.password}</h2>
      {permissions.canChangeCredentials && <Reset id={user.id} name={user.username} />}
      <Unlock id={user.id} isLocked={user.is_locked} onChanged={onChanged} />
    </section>
  );
}

function Reset({ id, name }: { id: string; name: string }) {
  const c = useConsoleTexts();
  const ask = useAsk();
  const texts = c.user.reset;
  const [delivery, setDelivery] = useState<Delivery>();
  const action = useAction({
    ask: () => ask({ title: texts.title(name), consequences: texts.consequences, confirm: texts.submit }),
    request: () => {
      setDelivery(undefined);
      return resetPassword(id);
    },
    onDone: setDelivery,
  });
  return (
    <div class="change">
      <Button kind="secondary" isBusy={action.isBusy} onClick={action.run}>
        {texts.submit}
      </Button>
      <Outcome failure={action.failure} />
      {delivery && <OneTimeLink delivery={delivery} />}
    </div>
  );
}

function Unlock({ id, isLocked, onChanged }: { id: string; isLocked: boolean; onChanged: () => void }) {
  const c = useConsoleTexts();
  const texts = c.user.unlock;
  const [isDone, setDone] = useState(false);
  const action = useAction({
    request: () => unlockUser(id),
    onDone: () => {
      setDone(true);
      onChanged();
    },
  });
  return (
    <div class="change">
      {isLocked && (
        <Button kind="secondary" isBusy={action.isBusy} onClick={action.run}>
          {texts.submit}
        </Button>
      )}
      <p class="hint">{isLocked ? texts.hint : texts.notLocked}</p>
      <Outcome failure={action.failure} done={isDone && !isLocked ? texts.done : undefined} />
    </div>
  );
}
