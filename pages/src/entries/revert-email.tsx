// /revert-email, where the link to the earlier address leads to. It ends sessions, so opening it is not enough.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES, takeSecret } from "../navigation.ts";
import { start } from "../start.tsx";
import { useSubmission } from "../submission.ts";

const secret = takeSecret();

start({ title: (t) => t.revertEmail.title, session: "ignored", view: RevertEmail });

function RevertEmail() {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [isDone, setDone] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    if (secret === undefined) return undefined;
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/revert-email", { body: { secret } }));
    if (result.failure === undefined) setDone(true);
    else setFailure(result.failure);
    return undefined;
  });
  return (
    <>
      <h1>{t.revertEmail.title}</h1>
      {secret === undefined && <Message kind="error">{t.revertEmail.noSecret}</Message>}
      {isDone && <Message kind="done">{t.revertEmail.done}</Message>}
      {isDone && <p>{t.revertEmail.doneHint}</p>}
      {secret !== undefined && !isDone && (
        <Form submission={submission} form={form}>
          <Message kind={failure === undefined ? "lead" : "error"}>{failure === undefined ? t.revertEmail.lead : failureText(t, failure)}</Message>
          <Button kind="primary" isBusy={submission.isBusy}>
            {t.revertEmail.submit}
          </Button>
        </Form>
      )}
      <LinkButton kind="secondary" href={PAGES.signIn}>
        {t.toSignIn}
      </LinkButton>
    </>
  );
}
