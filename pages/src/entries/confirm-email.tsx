// /confirm-email, where the link to a new address leads to. It counts only in the session that has asked for the change.
import { useEffect, useState } from "preact/hooks";
import { api, call, isSignedOut } from "../api.ts";
import type { Failure } from "../api.ts";
import { LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { PAGES, takeSecret } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";

const secret = takeSecret();

start({ title: (t) => t.confirmEmail.title, session: "shown", view: ConfirmEmail });

function ConfirmEmail({ session }: PageProps) {
  const t = useTexts();
  const isComplete = secret !== undefined && session !== null;
  const [address, setAddress] = useState<string>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    if (secret === undefined || session === null) return;
    void call(api.POST("/api/auth/confirm-email", { body: { secret } })).then((result) => {
      if (result.failure === undefined) setAddress(result.value.email);
      else setFailure(result.failure);
    });
  }, []);
  const isElsewhere = secret !== undefined && (session === null || (failure !== undefined && (isSignedOut(failure) || failure.code === "invalid_link")));
  return (
    <>
      <h1>{t.confirmEmail.title}</h1>
      {secret === undefined && <Message kind="error">{t.confirmEmail.noSecret}</Message>}
      {isElsewhere && <Message kind="error">{t.confirmEmail.otherSession}</Message>}
      {failure !== undefined && !isElsewhere && <Message kind="error">{failureText(t, failure)}</Message>}
      {isComplete && address !== undefined && <Message kind="done">{t.confirmEmail.done(address)}</Message>}
      {isComplete && address === undefined && failure === undefined && <Message kind="lead">{t.confirmEmail.working}</Message>}
      <LinkButton kind="primary" href={PAGES.account}>
        {t.toAccount}
      </LinkButton>
    </>
  );
}
