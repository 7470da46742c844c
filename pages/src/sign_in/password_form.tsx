// The sign-in with a password.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import type { Pending, SignedIn } from "../factors/client.ts";
import { useTexts } from "../language.ts";
import { PAGES, takeLoginHint } from "../navigation.ts";
import { useSubmission } from "../submission.ts";
import { SignInMessage } from "./message.tsx";

/**
 * Failures in a row after which the page offers to set a new password. They are counted for every name, so the offer does not reveal
 * whether a user exists.
 */
const FAILURES_UNTIL_HINT = 3;

interface PasswordFormProps {
  /** Why the last attempt has failed, whatever its method. */
  failure: Failure | undefined;
  /** Seconds until the next attempt is possible. */
  secondsLeft: number;
  /** Returns whether the form may be sent, because no other sign-in is in progress. */
  onSubmit: () => boolean;
  onFailure: (failure: Failure) => void;
  onDone: (result: SignedIn | Pending) => void;
}

export function PasswordForm({ failure, secondsLeft, onSubmit, onFailure, onDone }: PasswordFormProps) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [failures, setFailures] = useState(0);
  const [loginHint] = useState(takeLoginHint);
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const typed = { username: value(form.current, "username"), password: value(form.current, "password") };
    const body = { method: "password", session: "cookie", ...typed } as const;
    if (!onSubmit()) return undefined;
    const result = await call(api.POST("/api/auth/sign-in", { body }));
    if (result.failure === undefined) {
      onDone(result.value);
      return "leaving";
    }
    onFailure(result.failure);
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
      <SignInMessage failure={failure} isWaiting={isWaiting} lead={t.signIn.lead} />
      <Field label={t.signIn.username} name="username" type="text" autocomplete="username webauthn" defaultValue={loginHint ?? ""} errorId={errorId} />
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
