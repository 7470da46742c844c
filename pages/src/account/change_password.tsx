// The change of the password.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { UserNameForPasswordManagers } from "../components/user_name.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { useCountdown, useSubmission } from "../submission.ts";
import { useSend } from "./step_up.tsx";

interface ChangePasswordProps {
  username: string;
  minimum: number;
  onChanged: () => void;
}

export function ChangePassword({ username, minimum, onChanged }: ChangePasswordProps) {
  const t = useTexts();
  const send = useSend();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const [isChanged, setChanged] = useState(false);
  const [secondsLeft, wait] = useCountdown();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const body = { current_password: value(form.current, "current"), new_password: value(form.current, "new") };
    setFailure(undefined);
    setChanged(false);
    const result = await send(() => call(api.POST("/api/auth/change-password", { body })));
    if (result === "leaving") return "leaving";
    if (result === "cancelled") return undefined;
    setFailure(result.failure);
    if (result.failure?.status === 429) wait(result.failure.retryAfter ?? 60);
    if (result.failure === undefined) {
      setChanged(true);
      form.current.reset();
      onChanged();
    }
    return undefined;
  });
  const isWaiting = secondsLeft > 0;
  const messageId = failure && "change-password-message";
  const isCurrentWrong = failure?.code === "invalid_current_password";
  return (
    <section class="card" aria-labelledby="change-password">
      <h2 id="change-password">{t.changePassword.title}</h2>
      <Form submission={submission} form={form} label={t.changePassword.title}>
        <UserNameForPasswordManagers username={username} />
        <Field
          label={t.changePassword.current}
          name="current"
          type="password"
          autocomplete="current-password"
          errorId={isCurrentWrong ? messageId : undefined}
        />
        <Field
          label={t.newPassword.label}
          name="new"
          type="password"
          autocomplete="new-password"
          hint={t.newPassword.hint(minimum)}
          errorId={isCurrentWrong ? undefined : messageId}
        />
        {failure && (
          <Message kind="error" id="change-password-message">
            {failureText(t, failure, minimum)}
          </Message>
        )}
        {isChanged && <Message kind="done">{t.changePassword.done}</Message>}
        <Button kind="primary" isBusy={submission.isBusy} isDisabled={isWaiting}>
          {isWaiting ? `${t.changePassword.submit} (${secondsLeft})` : t.changePassword.submit}
        </Button>
      </Form>
    </section>
  );
}
