// Calls that need a recent authentication: if the API asks for one, a dialog gets it, and the call is sent again.
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
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
import { useAttempt } from "../factors/attempt.ts";
import { stepUp, stepUpOptions } from "../factors/client.ts";
import type { FactorMethod, StepUpOptions } from "../factors/client.ts";
import { ProofOfFactor } from "../factors/proof.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { signInAgain } from "../navigation.ts";
import { Challenges } from "../passkeys/challenges.ts";
import type { RequestChallenge } from "../passkeys/prompt.ts";
import type { PageProps } from "../start.tsx";

/** Sends a call of the signed-in user. Returns `leaving` if the session has ended, and `cancelled` if the user has closed the dialog. */
export type Send = <T>(request: () => Promise<Result<T>>) => Promise<Result<T> | "leaving" | "cancelled">;

const SendContext = createContext<Send>(async (request) => request());

export const useSend = (): Send => useContext(SendContext);

/** Like `useSend`, for callers that only know results. */
export function useResult(): <T>(request: () => Promise<Result<T>>) => Promise<Result<T>> {
  const send = useSend();
  return async (request) => {
    const result = await send(request);
    // The browser leaves the page.
    if (result === "leaving") return new Promise(() => {});
    return result === "cancelled" ? { failure: { code: "not_confirmed", status: 0, retryAfter: null } } : result;
  };
}

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
  const [loaded, setLoaded] = useState<Result<StepUpOptions>>();
  useModal(dialog, "button");
  useEffect(() => void stepUpOptions().then(setLoaded), []);
  // The browser would choose the hidden field.
  useEffect(() => dialog.current?.querySelector<HTMLElement>("input:not(.hidden), a, button")?.focus(), [loaded]);
  const cancel = () => onClose(false);
  const confirmed = () => onClose(true);
  const end = { onDone: confirmed, onCancel: cancel };
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
      {loaded?.value === undefined ? (
        <NotReady failure={loaded?.failure} onCancel={cancel} />
      ) : (
        <Ways options={loaded.value} application={options.aws_client_name ?? ""} username={session?.user.username ?? ""} {...end} />
      )}
    </dialog>
  );
}

function NotReady({ failure, onCancel }: { failure: Failure | undefined; onCancel: () => void }) {
  const t = useTexts();
  return (
    <>
      {failure === undefined ? <p role="status">{t.loading}</p> : <Message kind="error">{failureText(t, failure)}</Message>}
      <Button kind="secondary" onClick={onCancel}>
        {t.cancel}
      </Button>
    </>
  );
}

interface End {
  onDone: () => void;
  onCancel: () => void;
}

const isFactor = (method: StepUpOptions["methods"][number]): method is FactorMethod => method !== "password" && method !== "aws_device";

/** What the user can confirm with: factors if there are any, otherwise the method of the sign-in. */
function Ways({ options, application, username, onDone, onCancel }: End & { options: StepUpOptions; application: string; username: string }) {
  const t = useTexts();
  const challenges = useMemo(() => new Challenges(nextChallenge, options.passkey ?? undefined), [options]);
  const factors = options.methods.filter(isFactor);
  if (factors.length > 0) {
    return (
      <ProofOfFactor
        methods={factors}
        challenges={challenges}
        send={stepUp}
        onDone={onDone}
        onFailure={leaveIfSignedOut}
        back={{ text: t.cancel, run: onCancel }}
      />
    );
  }
  if (options.methods.includes("aws_device")) {
    return (
      <Aws
        application={application}
        send={(handles, signal) => {
          const body = { method: "aws_device", ...handles } as const;
          return call(api.POST("/api/auth/step-up", { body, params: { header: { Prefer: WAIT } }, signal }));
        }}
        onDone={onDone}
        onCancel={onCancel}
      />
    );
  }
  return <Password username={username} onDone={onDone} onCancel={onCancel} />;
}

async function nextChallenge(): Promise<Result<RequestChallenge>> {
  const { value, failure } = await stepUpOptions();
  if (failure !== undefined) return { failure };
  // The passkeys were deleted meanwhile.
  return value.passkey === null ? { failure: { code: "passkey_refused", status: 0, retryAfter: null } } : { value: value.passkey };
}

function leaveIfSignedOut(failure: Failure): boolean {
  const isLeaving = isSignedOut(failure);
  if (isLeaving) signInAgain({ hasExpired: true });
  return isLeaving;
}

function Password({ username, onDone, onCancel }: End & { username: string }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const { submission, failure, secondsLeft } = useAttempt({
    request: () => {
      const password = form.current === null ? "" : value(form.current, "password");
      return call(api.POST("/api/auth/step-up", { body: { method: "password", password } }));
    },
    onDone,
    onFailure: leaveIfSignedOut,
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
