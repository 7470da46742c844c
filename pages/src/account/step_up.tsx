// Calls that need a recent authentication: if the API asks for one, a dialog gets it, and the call is sent again.
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useContext, useRef, useState } from "preact/hooks";
import { api, call, isSignedOut } from "../api.ts";
import type { Failure, Result } from "../api.ts";
import { Aws } from "../components/aws.tsx";
import { Button } from "../components/button.tsx";
import { Field, value } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Message } from "../components/message.tsx";
import { useModal } from "../components/modal.ts";
import { UserNameForPasswordManagers } from "../components/user_name.tsx";
import { WAIT } from "../device_flow.ts";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { signInAgain } from "../navigation.ts";
import type { PageProps } from "../start.tsx";
import { useCountdown, useSubmission } from "../submission.ts";

/** Sends a call of the signed-in user. Returns `leaving` if the session has ended, and `cancelled` if the user has closed the dialog. */
export type Send = <T>(request: () => Promise<Result<T>>) => Promise<Result<T> | "leaving" | "cancelled">;

const SendContext = createContext<Send>(async (request) => request());

export const useSend = (): Send => useContext(SendContext);

/** Gives `useSend` to its children. */
export function StepUp({ options, session, children }: PageProps & { children: ComponentChildren }) {
  const [answer, setAnswer] = useState<(isConfirmed: boolean) => void>();
  const confirm = () => new Promise<boolean>((resolve) => setAnswer(() => resolve));
  const send: Send = async (request) => {
    let result = await request();
    if (result.failure?.code === "step_up_required") {
      if (!(await confirm())) return "cancelled";
      result = await request();
    }
    if (result.failure === undefined || !isSignedOut(result.failure)) return result;
    signInAgain({ hasExpired: true });
    return "leaving";
  };
  const close = (isConfirmed: boolean) => {
    answer?.(isConfirmed);
    setAnswer(undefined);
  };
  return (
    <SendContext.Provider value={send}>
      {children}
      {answer && <Dialog options={options} session={session} onClose={close} />}
    </SendContext.Provider>
  );
}

function Dialog({ options, session, onClose }: PageProps & { onClose: (isConfirmed: boolean) => void }) {
  const t = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  // The browser would choose the hidden field.
  useModal(dialog, "input:not(.hidden), a, button");
  const cancel = () => onClose(false);
  const confirmed = () => onClose(true);
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby="step-up-title"
      onCancel={(event) => {
        event.preventDefault();
        cancel();
      }}
    >
      <h2 id="step-up-title">{t.stepUp.title}</h2>
      {session?.method === "aws_device" ? (
        <Aws
          application={options.aws_client_name ?? ""}
          send={(handles, signal) => {
            const body = { method: "aws_device", ...handles } as const;
            return call(api.POST("/api/auth/step-up", { body, params: { header: { Prefer: WAIT } }, signal }));
          }}
          onDone={confirmed}
          onCancel={cancel}
        />
      ) : (
        <Password username={session?.user.username ?? ""} onConfirmed={confirmed} onCancel={cancel} />
      )}
    </dialog>
  );
}

function Password({ username, onConfirmed, onCancel }: { username: string; onConfirmed: () => void; onCancel: () => void }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>();
  const [secondsLeft, wait] = useCountdown();
  const submission = useSubmission(async () => {
    if (form.current === null) return undefined;
    const body = { method: "password", password: value(form.current, "password") } as const;
    setFailure(undefined);
    const result = await call(api.POST("/api/auth/step-up", { body }));
    if (result.failure === undefined) {
      onConfirmed();
      return "leaving";
    }
    if (isSignedOut(result.failure)) {
      signInAgain({ hasExpired: true });
      return "leaving";
    }
    setFailure(result.failure);
    if (result.failure.status === 429) wait(result.failure.retryAfter ?? 60);
    return undefined;
  });
  const isWaiting = secondsLeft > 0;
  return (
    <Form submission={submission} form={form}>
      <Message kind={failure === undefined ? "lead" : "error"} id="step-up-message">
        {failure === undefined ? t.stepUp.lead : failureText(t, failure)}
      </Message>
      <UserNameForPasswordManagers username={username} />
      <Field label={t.signIn.password} name="password" type="password" autocomplete="current-password" errorId={failure && "step-up-message"} />
      <div class="actions">
        <Button kind="primary" isBusy={submission.isBusy} isDisabled={isWaiting}>
          {isWaiting ? `${t.stepUp.submit} (${secondsLeft})` : t.stepUp.submit}
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          {t.cancel}
        </Button>
      </div>
    </Form>
  );
}
