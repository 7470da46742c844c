// The change of the e-mail address. The new address counts once its link is opened in this session.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { useSubmission } from "../submission.ts";
import { useSend } from "./step_up.tsx";

export function ChangeEmail({ canMail }: { canMail: boolean }) {
  const t = useTexts();
  return (
    <section class="card" aria-labelledby="change-email">
      <h2 id="change-email">{t.changeEmail.title}</h2>
      {canMail ? <Change /> : <Message kind="lead">{t.changeEmail.unavailable}</Message>}
    </section>
  );
}

function Change() {
  const t = useTexts();
  const send = useSend();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const [sentTo, setSentTo] = useState<string>();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const email = value(form.current, "email").trim();
    setFailure(undefined);
    setSentTo(undefined);
    const result = await send(() => call(api.POST("/api/auth/change-email", { body: { email } })));
    if (result === "leaving") return "leaving";
    if (result === "cancelled") return undefined;
    setFailure(result.failure);
    if (result.failure === undefined) setSentTo(email);
    return undefined;
  });
  return (
    <Form submission={submission} form={form} label={t.changeEmail.title}>
      <Field label={t.changeEmail.label} name="email" type="email" autocomplete="email" errorId={failure && "change-email-message"} />
      {failure && (
        <Message kind="error" id="change-email-message">
          {failureText(t, failure)}
        </Message>
      )}
      {sentTo !== undefined && <Message kind="done">{t.changeEmail.done(sentTo)}</Message>}
      <Button kind="primary" isBusy={submission.isBusy}>
        {t.changeEmail.submit}
      </Button>
    </Form>
  );
}
