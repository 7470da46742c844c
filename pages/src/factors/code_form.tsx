// The form for a one-time code or a recovery code.
import { useId, useRef } from "preact/hooks";
import type { Failure, Result } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { useAttempt } from "./attempt.ts";

interface CodeFormProps<T> {
  kind: "totp" | "recovery";
  /** The explanation; absent if another text explains the form. */
  lead?: string;
  send: (code: string) => Promise<Result<T>>;
  onDone: (value: T) => void;
  onFailure?: ((failure: Failure) => boolean) | undefined;
  back?: { text: string; run: () => void };
}

const EMPTY: Failure = { code: "missing_field", status: 0, retryAfter: null };

export function CodeForm<T>({ kind, lead, send, onDone, onFailure, back }: CodeFormProps<T>) {
  const t = useTexts();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const { submission, failure, secondsLeft } = useAttempt({
    request: async () => {
      const code = form.current === null ? "" : value(form.current, "code").replaceAll(/\s/g, "");
      const result = code === "" ? { failure: EMPTY } : await send(code);
      if (result.failure !== undefined) input.current?.select();
      return result;
    },
    onDone,
    ...(onFailure && { onFailure }),
  });
  const isWaiting = secondsLeft > 0;
  return (
    <Form submission={submission} form={form}>
      {(failure ?? lead) !== undefined && (
        <Message kind={failure === undefined ? "lead" : "error"} id={`${id}-message`}>
          {failure === undefined ? lead : failureText(t, failure)}
        </Message>
      )}
      <Field
        label={t.factors[kind].label}
        name="code"
        type="text"
        autocomplete={kind === "totp" ? "one-time-code" : "off"}
        isNumeric={kind === "totp"}
        errorId={failure && `${id}-message`}
        input={input}
      />
      <div class="actions">
        <Button kind="primary" isBusy={submission.isBusy} isDisabled={isWaiting}>
          {isWaiting ? `${t.factors.confirm} (${secondsLeft})` : t.factors.confirm}
        </Button>
        {back && (
          <Button kind="secondary" onClick={back.run}>
            {back.text}
          </Button>
        )}
      </div>
    </Form>
  );
}
