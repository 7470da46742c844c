// /error, where other pages and redirects lead to. `?code=` names an error code; its text comes from the table, never from the address.
import { LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import type { Texts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";

start({ title: (t) => t.error.title, session: "ignored", view: ErrorPage });

function ErrorPage() {
  const t = useTexts();
  const code = new URLSearchParams(location.search).get("code");
  return (
    <>
      <h1>{t.error.title}</h1>
      <Message kind="error">{code === null ? t.error.lead : errorText(t, code)}</Message>
      <LinkButton kind="primary" href={PAGES.account}>
        {t.toAccount}
      </LinkButton>
    </>
  );
}

/** The codes of the authorization endpoint have texts of their own, because the user has come from an application. */
function errorText(t: Texts, code: string): string {
  const { codes } = t.error;
  if (Object.hasOwn(codes, code)) return codes[code as keyof typeof codes];
  return failureText(t, { code, status: 0, retryAfter: null });
}
