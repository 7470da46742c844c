// /signed-out
import { LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";

start({ title: (t) => t.signedOut.title, session: "ignored", view: SignedOut });

function SignedOut() {
  const t = useTexts();
  return (
    <>
      <h1>{t.signedOut.title}</h1>
      <Message kind="lead">{t.signedOut.lead}</Message>
      <LinkButton kind="primary" href={PAGES.signIn}>
        {t.signedOut.again}
      </LinkButton>
    </>
  );
}
