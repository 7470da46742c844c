// The ways to sign in: a password, a passkey from the suggestions of the name field or from the button, and AWS.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../api.ts";
import { Button } from "../components/button.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { passkeyOptions, signInWithPasskey } from "../factors/client.ts";
import type { Pending, SignedIn } from "../factors/client.ts";
import { withPasskey } from "../factors/proof.tsx";
import { useTexts } from "../language.ts";
import { Autofill } from "../passkeys/autofill.ts";
import { Challenges } from "../passkeys/challenges.ts";
import { hasPasskeys } from "../passkeys/prompt.ts";
import type { SignedChallenge } from "../passkeys/prompt.ts";
import { signalUnknown } from "../passkeys/signals.ts";
import type { Options } from "../start.tsx";
import { useCountdown, useSubmission } from "../submission.ts";
import { SignInMessage } from "./message.tsx";
import { PasswordForm } from "./password_form.tsx";

interface ChoiceProps {
  /** Whether another view was shown before. */
  isAgain: boolean;
  methods: Options["methods"];
  onAws: () => void;
  onDone: (result: SignedIn | Pending, method: "password" | "passkey") => void;
}

export function Choice({ isAgain, methods, onAws, onDone }: ChoiceProps) {
  const t = useTexts();
  const [failure, setFailure] = useState<Failure>();
  const [secondsLeft, wait] = useCountdown();
  const rpId = useRef(location.hostname);
  const { challenges, autofill } = useMemo(() => {
    const challenges = new Challenges(async () => {
      const loaded = await passkeyOptions();
      rpId.current = loaded.value?.options.rpId ?? rpId.current;
      return loaded;
    });
    return { challenges, autofill: new Autofill(challenges, (signed) => void finish(signed)) };
  }, []);
  const send = async (signed: SignedChallenge) => {
    const result = await signInWithPasskey(signed);
    if (result.failure?.code === "unknown_passkey") signalUnknown(rpId.current, signed.credential.id);
    if (result.failure?.code !== "invalid_credentials") return result;
    // The text of this code is about a name and a password, which were not sent.
    return { failure: { ...result.failure, code: "passkey_refused" } };
  };
  // A second sign-in would end the session of the first one, and its response would be lost if the page has been left meanwhile.
  const isSigningIn = useRef(false);
  const [isFinishing, setFinishing] = useState(false);
  /** The user has chosen a passkey from the suggestions. */
  const finish = async (signed: SignedChallenge) => {
    if (!begin()) return;
    setFinishing(true);
    const result = await send(signed);
    if (result.failure === undefined) return onDone(result.value, "passkey");
    setFinishing(false);
    fail(result.failure);
  };
  /** Whether no other way to sign in is in progress. */
  const begin = (): boolean => {
    if (isSigningIn.current) return false;
    isSigningIn.current = true;
    // A message that stays the same would not be announced again.
    setFailure(undefined);
    autofill.stop();
    return true;
  };
  const fail = (failure: Failure) => {
    isSigningIn.current = false;
    setFailure(failure);
    if (failure.status === 429) wait(failure.retryAfter ?? 60);
    autofill.start();
  };
  const submission = useSubmission(async () => {
    if (!begin()) return undefined;
    const result = await withPasskey(challenges, send);
    if (result.failure === undefined) {
      onDone(result.value, "passkey");
      return "leaving";
    }
    fail(result.failure);
    return undefined;
  });
  useEffect(() => {
    autofill.start();
    return () => autofill.stop();
  }, []);
  const hasPassword = methods.includes("password");
  const hasAws = methods.includes("aws_device");
  const Heading = isAgain ? ViewHeading : "h1";
  return (
    <>
      <Heading>{t.signIn.title}</Heading>
      {hasPassword ? (
        <PasswordForm
          failure={failure}
          secondsLeft={secondsLeft}
          onSubmit={begin}
          onFailure={fail}
          onDone={(result) => onDone(result, "password")}
        />
      ) : (
        <SignInMessage failure={failure} isWaiting={secondsLeft > 0} lead={hasAws ? t.signIn.leadAws : t.signIn.noMethod} />
      )}
      {hasPassword && (hasPasskeys() || hasAws) && <p class="or">{t.signIn.or}</p>}
      {hasPasskeys() && (
        <Button kind="secondary" isBusy={submission.isBusy || isFinishing} onClick={submission.run}>
          {t.factors.passkey.signIn}
        </Button>
      )}
      {hasAws && (
        <Button kind={hasPassword ? "secondary" : "primary"} onClick={onAws}>
          {t.signIn.aws}
        </Button>
      )}
    </>
  );
}
