// /bootstrap, where the first super administrator is created with a one-time secret.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES, takeSecret } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useSubmission } from "../submission.ts";

const secret = takeSecret()?.replace(/^token=/, "");

start({ title: (t) => t.bootstrap.title, session: "ignored", view: Bootstrap });

function Bootstrap({ options }: PageProps) {
  const t = useTexts();
  const [isDone, setDone] = useState(false);
  return (
    <>
      <h1>{t.bootstrap.title}</h1>
      {secret === undefined && <Message kind="error">{t.bootstrap.noSecret}</Message>}
      {isDone && <Message kind="done">{t.bootstrap.done}</Message>}
      {secret !== undefined && !isDone && <FirstAdministrator secret={secret} minimum={options.password_min_length} onDone={() => setDone(true)} />}
      {(isDone || secret === undefined) && (
        <LinkButton kind={isDone ? "primary" : "secondary"} href={PAGES.signIn}>
          {t.toSignIn}
        </LinkButton>
      )}
    </>
  );
}

function FirstAdministrator({ secret, minimum, onDone }: { secret: string; minimum: number; onDone: () => void }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const name = value(form.current, "name").trim();
    const body = {
      secret,
      username: value(form.current, "username"),
      email: value(form.current, "email"),
      ...(name !== "" && { name }),
      password: value(form.current, "password"),
    };
    if (body.username.trim() === "") {
      // The service would call it invalid.
      setFailure({ code: "missing_field", status: 0, retryAfter: null });
      return undefined;
    }
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/bootstrap", { body }));
    if (result.failure === undefined) onDone();
    else setFailure(result.failure);
    return undefined;
  });
  const errorOf = (...codes: string[]) => (failure && codes.some((code) => failure.code.startsWith(code)) ? "bootstrap-message" : undefined);
  return (
    <Form submission={submission} form={form}>
      <Message kind={failure === undefined ? "lead" : "error"} id="bootstrap-message">
        {failure === undefined ? t.bootstrap.lead : bootstrapFailure(failure)}
      </Message>
      <Field label={t.account.username} name="username" type="text" autocomplete="username" errorId={errorOf("invalid_username", "username_", "missing_field")} />
      <Field label={t.account.email} name="email" type="email" autocomplete="email" errorId={errorOf("invalid_email", "email_", "missing_field")} />
      <Field label={t.bootstrap.name} name="name" type="text" autocomplete="name" isOptional />
      <Field
        label={t.signIn.password}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t.newPassword.hint(minimum)}
        errorId={errorOf("password_", "missing_field")}
      />
      <Button kind="primary" isBusy={submission.isBusy}>
        {t.bootstrap.submit}
      </Button>
    </Form>
  );

  function bootstrapFailure(failure: Failure): string {
    switch (failure.code) {
      case "already_bootstrapped":
        return t.bootstrap.alreadyDone;
      case "invalid_link":
        return t.bootstrap.invalid;
      case "username_taken":
      case "invalid_username":
        return t.bootstrap.username;
      case "email_taken":
        return t.bootstrap.email;
      default:
        return failureText(t, failure, minimum);
    }
  }
}
