// /forgot-password
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useSubmission } from "../submission.ts";

start({ title: (t) => t.forgotPassword.title, session: "ignored", view: ForgotPassword });

function ForgotPassword({ options }: PageProps) {
  const t = useTexts();
  const [isSent, setSent] = useState(false);
  return (
    <>
      <h1>{t.forgotPassword.title}</h1>
      {!options.email && <Message kind="lead">{t.forgotPassword.unavailable}</Message>}
      {isSent && <Message kind="done">{t.forgotPassword.done}</Message>}
      {isSent && <p>{t.forgotPassword.doneHint}</p>}
      {options.email && !isSent && <Request onSent={() => setSent(true)} />}
      <LinkButton kind="secondary" href={PAGES.signIn}>
        {t.toSignIn}
      </LinkButton>
    </>
  );
}

function Request({ onSent }: { onSent: () => void }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const username = value(form.current, "username");
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/forgot-password", { body: { username } }));
    if (result.failure === undefined) onSent();
    else setFailure(result.failure);
    return undefined;
  });
  const message = failure === undefined ? t.forgotPassword.lead : failureText(t, failure);
  return (
    <Form submission={submission} form={form}>
      <Message kind={failure === undefined ? "lead" : "error"} id="request-message">
        {message}
      </Message>
      <Field label={t.signIn.username} name="username" type="text" autocomplete="username" errorId={failure && "request-message"} />
      <Button kind="primary" isBusy={submission.isBusy}>
        {t.forgotPassword.submit}
      </Button>
    </Form>
  );
}
