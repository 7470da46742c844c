// The page for every path that has no page.
import { LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";

start({ title: (t) => t.notFound.title, session: "ignored", view: NotFound });

function NotFound() {
  const t = useTexts();
  return (
    <>
      <h1>{t.notFound.title}</h1>
      <Message kind="lead">{t.notFound.lead}</Message>
      <LinkButton kind="primary" href={PAGES.account}>
        {t.toAccount}
      </LinkButton>
    </>
  );
}
