// /set-password, where one-time links lead to
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES, signInAndReview, takeSecret } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useSubmission } from "../submission.ts";

const secret = takeSecret();

start({ title: (t) => t.setPassword.title, session: "ignored", view: SetPassword });

function SetPassword({ options }: PageProps) {
  const t = useTexts();
  const [isSet, setSet] = useState(false);
  if (isSet) {
    return (
      <>
        <h1>{t.setPassword.title}</h1>
        <Message kind="done">{t.setPassword.done}</Message>
        <p>{t.setPassword.doneHint}</p>
        <LinkButton kind="primary" href={signInAndReview()}>
          {t.toSignIn}
        </LinkButton>
      </>
    );
  }
  return (
    <>
      <h1>{t.setPassword.title}</h1>
      {secret === undefined ? (
        <>
          <Message kind="error">{t.setPassword.noSecret}</Message>
          <LinkButton kind="secondary" href={PAGES.forgotPassword}>
            {t.signIn.forgotten}
          </LinkButton>
        </>
      ) : (
        <NewPassword secret={secret} minimum={options.password_min_length} onSet={() => setSet(true)} />
      )}
    </>
  );
}

function NewPassword({ secret, minimum, onSet }: { secret: string; minimum: number; onSet: () => void }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const body = { token: secret, password: value(form.current, "password") };
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/set-password", { body }));
    if (result.failure === undefined) onSet();
    else setFailure(result.failure);
    return undefined;
  });
  return (
    <Form submission={submission} form={form}>
      <Message kind={failure === undefined ? "lead" : "error"} id="new-password-message">
        {failure === undefined ? t.newPassword.hint(minimum) : failureText(t, failure, minimum)}
      </Message>
      <Field label={t.newPassword.label} name="password" type="password" autocomplete="new-password" errorId={failure && "new-password-message"} />
      <Button kind="primary" isBusy={submission.isBusy}>
        {t.setPassword.submit}
      </Button>
      {failure?.code === "invalid_link" && (
        <LinkButton kind="secondary" href={PAGES.forgotPassword}>
          {t.signIn.forgotten}
        </LinkButton>
      )}
    </Form>
  );
}
