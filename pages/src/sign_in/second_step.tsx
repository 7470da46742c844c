// The second step of a sign-in, for a user who has a passkey or one-time codes.
import { useMemo } from "preact/hooks";
import { ViewHeading } from "../components/view_heading.tsx";
import { passkeyOptions, verify } from "../factors/client.ts";
import type { Pending, SignedIn } from "../factors/client.ts";
import { ProofOfFactor } from "../factors/proof.tsx";
import { useTexts } from "../language.ts";
import { Challenges } from "../passkeys/challenges.ts";
import { useExpiry } from "./expiry.ts";

export interface PendingProps {
  pending: Pending;
  onDone: (result: SignedIn) => void;
  onExpired: () => void;
  onStartAgain: () => void;
}

export function SecondStep({ pending: { pending, methods }, onDone, onExpired, onStartAgain }: PendingProps) {
  const t = useTexts();
  const challenges = useMemo(() => new Challenges(() => passkeyOptions(pending)), [pending]);
  const hasExpired = useExpiry(onExpired);
  return (
    <>
      <ViewHeading>{t.factors.secondStep.title}</ViewHeading>
      <ProofOfFactor
        methods={methods}
        challenges={challenges}
        send={(proof) => verify(pending, proof)}
        onDone={onDone}
        onFailure={hasExpired}
        back={{ text: t.factors.secondStep.startAgain, run: onStartAgain }}
      />
      <p class="hint">{t.factors.secondStep.lost}</p>
    </>
  );
}
