// The proof of a factor: a passkey, a one-time code or a recovery code. The user chooses among those of the account.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure, Result } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import type { Challenges } from "../passkeys/challenges.ts";
import { askForPasskey, hasPasskeys } from "../passkeys/prompt.ts";
import type { RequestChallenge, SignedChallenge } from "../passkeys/prompt.ts";
import { useAttempt } from "./attempt.ts";
import type { FactorMethod, Proof } from "./client.ts";
import { CodeForm } from "./code_form.tsx";

interface ProofProps<T> {
  /** The methods of the user, strongest first. */
  methods: FactorMethod[];
  challenges: Challenges<RequestChallenge>;
  send: (proof: Proof) => Promise<Result<T>>;
  onDone: (value: T) => void;
  /** Handles a failure after which trying again makes no sense. Returns whether the failure was of this kind. */
  onFailure?: (failure: Failure) => boolean;
  back: { text: string; run: () => void };
}

export function ProofOfFactor<T>({ methods, challenges, send, onDone, onFailure, back }: ProofProps<T>) {
  const t = useTexts();
  const usable = methods.filter((method) => method !== "passkey" || hasPasskeys() || methods.length === 1);
  const [method, setMethod] = useState(usable[0]);
  const view = useRef<HTMLDivElement>(null);
  // The element that had the focus was removed.
  useEffect(() => view.current?.querySelector<HTMLElement>("input, button")?.focus(), [method]);
  const common = { onDone, onFailure };
  return (
    <div class="stack" ref={view}>
      {method === "passkey" && <PasskeyProof key={method} challenges={challenges} send={send} back={back} {...common} />}
      {(method === "totp" || method === "recovery_code") && (
        <CodeForm
          key={method}
          kind={method === "totp" ? "totp" : "recovery"}
          lead={method === "totp" ? t.factors.totp.lead : t.factors.recovery.lead}
          send={(code) => send({ method, code })}
          back={back}
          {...common}
        />
      )}
      {usable.length > 1 && (
        <div class="others">
          <p class="or">{t.signIn.or}</p>
          {usable.map(
            (other) =>
              other !== method && (
                <Button key={other} kind="secondary" onClick={() => setMethod(other)}>
                  {t.factors.use[other]}
                </Button>
              ),
          )}
        </div>
      )}
    </div>
  );
}

function PasskeyProof<T>({ challenges, send, onDone, onFailure, back }: Omit<ProofProps<T>, "methods" | "onFailure"> & { onFailure: ProofProps<T>["onFailure"] | undefined }) {
  const t = useTexts();
  useEffect(() => void challenges.current(), [challenges]);
  const { submission, failure, secondsLeft } = useAttempt({
    request: () => withPasskey(challenges, (signed) => send({ method: "passkey", ...signed })),
    onDone,
    ...(onFailure && { onFailure }),
  });
  const isWaiting = secondsLeft > 0;
  return (
    <>
      <Message kind={failure === undefined ? "lead" : "error"}>{failure === undefined ? t.factors.passkey.lead : failureText(t, failure)}</Message>
      <div class="actions">
        <Button kind="primary" isBusy={submission.isBusy} isDisabled={isWaiting} onClick={submission.run}>
          {isWaiting ? `${t.factors.passkey.submit} (${secondsLeft})` : t.factors.passkey.submit}
        </Button>
        <Button kind="secondary" onClick={back.run}>
          {back.text}
        </Button>
      </div>
    </>
  );
}

/** Asks for a passkey, and sends it. */
export async function withPasskey<T>(challenges: Challenges<RequestChallenge>, send: (signed: SignedChallenge) => Promise<Result<T>>): Promise<Result<T>> {
  const challenge = await challenges.current();
  if (challenge.failure !== undefined) return challenge;
  const signed = await askForPasskey(challenge.value);
  if (signed.failure !== undefined) return signed;
  challenges.spend();
  return send(signed.value);
}
