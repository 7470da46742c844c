// /sign-in
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Aws } from "../components/aws.tsx";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { WAIT } from "../device_flow.ts";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES, takeExpiredNotice } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useCountdown, useSubmission } from "../submission.ts";
import { announce } from "../tabs.ts";

/** Failures in a row after which the page offers to set a new password. They are counted for every name, so the offer does not reveal whether a user exists. */
const FAILURES_UNTIL_HINT = 3;

const hasExpired = takeExpiredNotice();

start({ title: (t) => t.signIn.title, session: "shown", view: SignIn });

type View = "signed_in" | "choice" | "aws";

function SignIn({ options, session }: PageProps) {
  const t = useTexts();
  const [view, setView] = useState<View>(session === null ? "choice" : "signed_in");
  const leave = () => {
    announce("signed_in");
    location.replace(options.return_to);
  };
  const hasPassword = options.methods.includes("password");
  const hasAws = options.methods.includes("aws_device");
  if (view === "signed_in" && session !== null) {
    return (
      <>
        <h1>{t.signIn.title}</h1>
        <Message kind="lead">{t.signIn.alreadySignedIn(session.user.name || session.user.username)}</Message>
        <Button kind="primary" onClick={() => location.replace(options.return_to)}>
          {t.signIn.proceed}
        </Button>
        <Button kind="secondary" onClick={() => setView("choice")}>
          {t.signIn.asOther}
        </Button>
      </>
    );
  }
  if (view === "aws") {
    return (
      <>
        <h1>{t.aws.title}</h1>
        <Aws
          application={options.aws_client_name ?? ""}
          send={(handles, signal) => {
            const body = { method: "aws_device", session: "cookie", ...handles } as const;
            return call(api.POST("/api/auth/sign-in", { body, params: { header: { Prefer: WAIT } }, signal }));
          }}
          onDone={leave}
          onCancel={() => setView("choice")}
        />
      </>
    );
  }
  return (
    <>
      <h1>{t.signIn.title}</h1>
      {hasPassword && <PasswordForm onSignedIn={leave} />}
      {hasPassword && hasAws && <p class="or">{t.signIn.or}</p>}
      {!hasPassword && <Message kind="lead">{hasAws ? t.signIn.leadAws : t.signIn.noMethod}</Message>}
      {hasAws && (
        <Button kind={hasPassword ? "secondary" : "primary"} onClick={() => setView("aws")}>
          {t.signIn.aws}
        </Button>
      )}
    </>
  );
}

function PasswordForm({ onSignedIn }: { onSignedIn: () => void }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const [failures, setFailures] = useState(0);
  const [secondsLeft, wait] = useCountdown();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const typed = { username: value(form.current, "username"), password: value(form.current, "password") };
    const body = { method: "password", session: "cookie", ...typed } as const;
    // A message that stays the same would not be announced again.
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/sign-in", { body }));
    if (result.failure === undefined) {
      onSignedIn();
      return "leaving";
    }
    setFailure(result.failure);
    if (result.failure.status === 429) wait(result.failure.retryAfter ?? 60);
    if (result.failure.code === "invalid_credentials") {
      setFailures((count) => count + 1);
      password.current?.select();
    }
    return undefined;
  });
  const isWaiting = secondsLeft > 0;
  const isWrong = failure?.code === "invalid_credentials" || failure?.code === "missing_field";
  const errorId = isWrong ? "sign-in-error" : undefined;
  return (
    <Form submission={submission} form={form}>
      <PasswordMessage failure={failure} isWaiting={isWaiting} />
      <Field label={t.signIn.username} name="username" type="text" autocomplete="username" errorId={errorId} />
      <Field label={t.signIn.password} name="password" type="password" autocomplete="current-password" errorId={errorId} input={password} />
      <Button kind="primary" isBusy={submission.isBusy} isDisabled={isWaiting}>
        {isWaiting ? t.signIn.submitIn(secondsLeft) : t.signIn.submit}
      </Button>
      <div class="forgotten">
        {failures >= FAILURES_UNTIL_HINT && <p role="status">{t.signIn.forgottenHint}</p>}
        <a href={PAGES.forgotPassword}>{t.signIn.forgotten}</a>
      </div>
    </Form>
  );
}

function PasswordMessage({ failure, isWaiting }: { failure: Failure | undefined; isWaiting: boolean }) {
  const t = useTexts();
  if (failure === undefined) {
    return hasExpired ? <Message kind="notice">{t.signIn.expired}</Message> : <Message kind="lead">{t.signIn.lead}</Message>;
  }
  if (failure.status === 429 && !isWaiting) return <Message kind="notice">{t.signIn.mayRetry}</Message>;
  return (
    <Message kind="error" id="sign-in-error">
      {failureText(t, failure)}
    </Message>
  );
}
