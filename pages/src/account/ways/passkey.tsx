// A passkey in the list.
import { useRef, useState } from "preact/hooks";
import type { Failure } from "../../api.ts";
import { Button } from "../../components/button.tsx";
import { Field, value } from "../../components/field.tsx";
import { Form } from "../../components/form.tsx";
import { Message } from "../../components/message.tsx";
import { useAttempt } from "../../factors/attempt.ts";
import { deletePasskey, renamePasskey } from "../../factors/client.ts";
import type { Passkey } from "../../factors/client.ts";
import { failureText } from "../../failures.ts";
import { formatTime, useTexts } from "../../language.ts";
import { useResult } from "../step_up.tsx";
import { Outcome, useChange } from "./change.tsx";

/** In code points. */
const MAX_NAME_LENGTH = 64;

const INVALID_NAME: Failure = { code: "invalid_name", status: 0, retryAfter: null };

interface EntryProps {
  /** The level of its heading. */
  heading: "h3" | "h4";
  passkey: Passkey;
  /** Whether the user has no other factor. */
  isLastFactor: boolean;
  onRenamed: () => void;
  onDeleted: () => void;
}

export function Entry({ heading: Heading, passkey, isLastFactor, onRenamed, onDeleted }: EntryProps) {
  const { factors: { ways, questions } } = useTexts();
  const [isRenaming, setRenaming] = useState(false);
  const actions = useRef<HTMLDivElement>(null);
  const { title, consequences, confirm } = questions.delete;
  const deleting = useChange({
    question: {
      title: title(passkey.name),
      consequences: isLastFactor ? [...consequences, questions.last] : consequences,
      confirm,
    },
    request: () => deletePasskey(passkey.id),
    onDone: onDeleted,
  });
  const facts: [string, string][] = [
    [ways.created, formatTime(passkey.created_at)],
    [ways.lastUsed, passkey.last_used_at === null ? ways.never : formatTime(passkey.last_used_at)],
    [ways.stored, passkey.is_backed_up ? ways.synced : ways.oneDevice],
  ];
  const stop = () => {
    setRenaming(false);
    // The element that had the focus is removed.
    requestAnimationFrame(() => actions.current?.querySelector("button")?.focus());
  };
  return (
    <li>
      <Heading>{passkey.name}</Heading>
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      <Outcome actions={[deleting]} done={undefined} />
      {isRenaming ? (
        <Rename
          passkey={passkey}
          onCancel={stop}
          onDone={() => {
            stop();
            onRenamed();
          }}
        />
      ) : (
        <div class="tools" ref={actions}>
          <Button kind="secondary" label={ways.renameLabel(passkey.name)} onClick={() => setRenaming(true)}>
            {ways.rename}
          </Button>
          <Button kind="secondary" isBusy={deleting.isBusy} label={ways.deleteLabel(passkey.name)} onClick={deleting.run}>
            {ways.delete}
          </Button>
        </div>
      )}
    </li>
  );
}

function Rename({ passkey, onDone, onCancel }: { passkey: Passkey; onDone: () => void; onCancel: () => void }) {
  const t = useTexts();
  const result = useResult();
  const form = useRef<HTMLFormElement>(null);
  const { submission, failure } = useAttempt({
    request: async () => {
      const name = form.current === null ? "" : value(form.current, "name").trim();
      if (name === "" || [...name].length > MAX_NAME_LENGTH) return { failure: INVALID_NAME };
      const renamed = await result(() => renamePasskey(passkey.id, name));
      return renamed.failure?.code === "invalid_field" ? { failure: INVALID_NAME } : renamed;
    },
    onDone,
  });
  const messageId = `rename-${passkey.id}`;
  return (
    <Form submission={submission} form={form} label={t.factors.ways.renameLabel(passkey.name)}>
      <Field
        label={t.factors.ways.newName}
        name="name"
        type="text"
        autocomplete="off"
        defaultValue={passkey.name}
        errorId={failure && messageId}
        isFocused
      />
      {failure && (
        <Message kind="error" id={messageId}>
          {failureText(t, failure)}
        </Message>
      )}
      <div class="tools">
        <Button kind="primary" isBusy={submission.isBusy}>
          {t.factors.ways.save}
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          {t.cancel}
        </Button>
      </div>
    </Form>
  );
}
