// The applications that the user has allowed to access the account, and how to remove them.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../action.ts";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Application } from "../components/application.tsx";
import type { ConnectedApplication } from "../components/application.tsx";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { useAsk } from "../components/questions.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { useLoaded } from "../loaded.ts";

const list = () => call(api.GET("/api/auth/grants"));

export function Applications() {
  const t = useTexts();
  const [failure, setFailure] = useState<Failure>();
  const [isRemoved, setRemoved] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const loaded = useLoaded("", list);
  const grants = loaded.value?.grants;
  const ended = (result: Failure | undefined) => {
    setFailure(result);
    setRemoved(result === undefined);
    // The button that had the focus is removed.
    heading.current?.focus();
    loaded.reload();
  };
  const shownFailure = failure ?? loaded.failure;
  return (
    <section class="card" aria-labelledby="applications">
      <h2 id="applications" ref={heading} tabIndex={-1}>
        {t.applications.title}
      </h2>
      <p>{t.applications.lead}</p>
      {shownFailure && <Message kind="error">{failureText(t, shownFailure)}</Message>}
      {isRemoved && <Message kind="done">{t.applications.removed}</Message>}
      {grants === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {grants?.length === 0 && <p class="hint">{t.applications.none}</p>}
      {grants !== undefined && grants.length > 0 && (
        <ul class="sessions">
          {grants.map((grant) => (
            <Entry key={grant.id} grant={grant} onEnded={ended} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Entry({ grant, onEnded }: { grant: ConnectedApplication; onEnded: (failure: Failure | undefined) => void }) {
  const t = useTexts();
  const ask = useAsk();
  const texts = t.applications;
  const { name } = grant.client;
  const action = useAction({
    ask: () => ask({ title: texts.removeTitle(name), consequences: texts.consequences, confirm: texts.remove }),
    request: () => call(api.DELETE("/api/auth/grants/{id}", { params: { path: { id: grant.id } } })),
    onDone: () => onEnded(undefined),
    onFailure: onEnded,
  });
  return (
    <li>
      <Application grant={grant} />
      <Button kind="secondary" isBusy={action.isBusy} label={texts.removeLabel(name)} onClick={action.run}>
        {texts.remove}
      </Button>
    </li>
  );
}
