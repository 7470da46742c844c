// The connected applications of a user, and how to remove them.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Application } from "../../components/application.tsx";
import type { ConnectedApplication } from "../../components/application.tsx";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { useTexts } from "../../language.ts";
import { loadUserGrants, removeUserGrant } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded } from "../work.ts";
import type { SectionProps } from "./detail.tsx";

export function UserApplications({ user }: SectionProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const [done, setDone] = useState<string>();
  const heading = useRef<HTMLHeadingElement>(null);
  const loaded = useLoaded(user.id, () => loadUserGrants(user.id));
  const grants = loaded.value?.grants;
  const removed = () => {
    setDone(t.applications.removed);
    // The button that had the focus is removed.
    heading.current?.focus();
    loaded.reload();
  };
  return (
    <section class="card" aria-labelledby="applications">
      <h2 id="applications" ref={heading} tabIndex={-1}>
        {t.applications.title}
      </h2>
      <Outcome failure={loaded.failure} done={done} />
      {grants === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {grants?.length === 0 && <p class="hint">{c.user.applications.none}</p>}
      {grants !== undefined && grants.length > 0 && (
        <ul class="sessions">
          {grants.map((grant) => (
            <Entry key={grant.id} user={user.id} grant={grant} onRemoved={removed} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Entry({ user, grant, onRemoved }: { user: string; grant: ConnectedApplication; onRemoved: () => void }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const ask = useAsk();
  const { name } = grant.client;
  const action = useAction({
    ask: () => ask({ title: t.applications.removeTitle(name), consequences: c.user.applications.consequences, confirm: t.applications.remove }),
    request: () => removeUserGrant(user, grant.id),
    onDone: onRemoved,
  });
  return (
    <li>
      <Application grant={grant} />
      <Button kind="secondary" isBusy={action.isBusy} label={t.applications.removeLabel(name)} onClick={action.run}>
        {t.applications.remove}
      </Button>
      <Outcome failure={action.failure} />
    </li>
  );
}
