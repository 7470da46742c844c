// /sign-out, to which the logout endpoint redirects. An application asks to sign the user out.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { NamedUser } from "../components/named_user.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { failureText } from "../failures.ts";
import { isolated, useTexts } from "../language.ts";
import type { Texts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";
import { useSubmission } from "../submission.ts";
import { announce, onAnnouncement } from "../tabs.ts";
import type { components } from "../../../build/openapi.d.ts";

type SignOutRequest = components["schemas"]["SignOutRequestResponse"];

start({ title: (t) => t.signOut.title, session: "ignored", view: SignOut });

/** An address without a request is that of a user who opened the page. */
const loadRequest = () => {
  const request = new URLSearchParams(location.search).get("request") ?? "";
  return call(api.POST("/api/auth/sign-out-request", { body: { request } }));
};

const signOut = () => call(api.POST("/api/auth/logout"));

type View = { name: "working" } | { name: "failed"; failure: Failure } | { name: "question" | "returning"; asked: SignOutRequest };

function SignOut() {
  const t = useTexts();
  const texts = t.signOut;
  const [view, setView] = useState<View>({ name: "working" });
  const [failure, setFailure] = useState<Failure>();
  const isLeaving = useRef(false);

  const leave = (asked: SignOutRequest) => {
    isLeaving.current = true;
    // The page stays open if the address opens a program instead of a website. Loaded again, it must not sign out the next user.
    history.replaceState(null, "", location.pathname);
    setView({ name: "returning", asked });
    location.replace(asked.location);
  };
  const end = async (asked: SignOutRequest): Promise<Failure | undefined> => {
    const { failure } = await signOut();
    if (failure !== undefined) return failure;
    announce("signed_out");
    leave(asked);
    return undefined;
  };
  const load = async () => {
    const { value, failure } = await loadRequest();
    if (failure !== undefined) setView({ name: "failed", failure });
    else if (value.next === "ask") setView({ name: "question", asked: value });
    else if (value.next === "redirect") leave(value);
    else {
      const failure = await end(value);
      if (failure !== undefined) setView({ name: "failed", failure });
    }
  };
  useEffect(() => {
    // After a change in another tab, another user would be signed out.
    onAnnouncement(() => {
      if (!isLeaving.current) location.reload();
    });
    void load();
  }, []);
  const submission = useSubmission(async () => {
    if (view.name !== "question") return undefined;
    setFailure(undefined);
    const failure = await end(view.asked);
    if (failure === undefined) return "leaving";
    setFailure(failure);
    return undefined;
  });

  switch (view.name) {
    case "working":
      return <p role="status">{t.loading}</p>;
    case "failed":
      return (
        <>
          <ViewHeading>{texts.title}</ViewHeading>
          <Message kind="error">{failureText(t, view.failure)}</Message>
          <Button kind="primary" onClick={() => location.reload()}>
            {t.retry}
          </Button>
        </>
      );
    case "question":
      return (
        <>
          <ViewHeading>{texts.question}</ViewHeading>
          <Message kind="lead">{view.asked.client === null ? texts.leadAlone : texts.lead(isolated(view.asked.client.name))}</Message>
          {view.asked.user && (
            <dl class="facts compare">
              <div>
                <dt>{texts.account}</dt>
                <dd>
                  <NamedUser user={view.asked.user} />
                </dd>
              </div>
            </dl>
          )}
          {failure && <Message kind="error">{failureText(t, failure)}</Message>}
          <div class="actions">
            <Button kind="primary" isBusy={submission.isBusy} onClick={submission.run}>
              {texts.submit}
            </Button>
            <LinkButton kind="secondary" href={PAGES.account}>
              {texts.stay}
            </LinkButton>
          </div>
          <p class="slow" role="status">
            {submission.isSlow ? t.slow : ""}
          </p>
        </>
      );
    case "returning":
      return (
        <>
          <ViewHeading>{texts.title}</ViewHeading>
          <p role="status">{returning(t, view.asked)}</p>
        </>
      );
  }
}

function returning(t: Texts, { client }: SignOutRequest): string {
  return client === null ? t.signOut.working : t.consent.returning(isolated(client.name));
}
