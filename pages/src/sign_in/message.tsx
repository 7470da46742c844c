// The message above the ways to sign in.
import type { Failure } from "../api.ts";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { takeExpiredNotice } from "../navigation.ts";

const hasExpired = takeExpiredNotice();

export function SignInMessage({ failure, isWaiting, lead }: { failure: Failure | undefined; isWaiting: boolean; lead: string }) {
  const t = useTexts();
  if (failure === undefined) return hasExpired ? <Message kind="notice">{t.signIn.expired}</Message> : <Message kind="lead">{lead}</Message>;
  if (failure.status === 429 && !isWaiting) return <Message kind="notice">{t.signIn.mayRetry}</Message>;
  return (
    <Message kind="error" id="sign-in-error">
      {failureText(t, failure)}
    </Message>
  );
}
