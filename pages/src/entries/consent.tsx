// /consent, to which the authorization endpoint redirects. An application asks for access to the account of the user.
import { useEffect, useRef, useState } from "preact/hooks";
import { StepUp, useSend } from "../account/step_up.tsx";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { decide, loadRequest } from "../consent/client.ts";
import type { AuthorizationRequest, Decision } from "../consent/client.ts";
import { Question } from "../consent/question.tsx";
import { failureText } from "../failures.ts";
import { isolated, useTexts } from "../language.ts";
import { PAGES, signInAgain } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useSubmission } from "../submission.ts";
import { onAnnouncement } from "../tabs.ts";

start({
  title: (t) => t.consent.title,
  session: "shown",
  view: (props: PageProps) => (
    <StepUp {...props}>
      <Consent />
    </StepUp>
  ),
});

type View =
  | { name: "loading" | "expired" }
  | { name: "not_loaded"; failure: Failure }
  | { name: "unconfirmed" | "question"; asked: AuthorizationRequest }
  | { name: "returning"; application: string };

/** Makes the page ask for a step-up, like the response of a route that requires one. */
const STEP_UP: Failure = { code: "step_up_required", status: 401, retryAfter: null };

function Consent() {
  const t = useTexts();
  const send = useSend();
  const [request] = useState(() => new URLSearchParams(location.search).get("request"));
  const [view, setView] = useState<View>({ name: request === null ? "expired" : "loading" });
  const [failure, setFailure] = useState<Failure>();
  const sent = useRef<Decision | undefined>(undefined);
  const isLeaving = useRef(false);

  const leave = (address: string, application: string) => {
    isLeaving.current = true;
    // The page stays open if the address opens a program instead of a website.
    setView({ name: "returning", application });
    location.replace(address);
  };
  const fail = (failure: Failure, otherwise: () => void) => {
    if (failure.code === "authorization_request_invalid") setView({ name: "expired" });
    else otherwise();
  };
  const load = async () => {
    if (request === null) return;
    const result = await send(async () => {
      const loaded = await loadRequest(request);
      if (loaded.value?.next !== "step_up") return loaded;
      // The page behind the dialog states the reason. It stays the same if the user closes the dialog.
      setView({ name: "unconfirmed", asked: loaded.value });
      return { failure: STEP_UP };
    });
    if (result === "leaving" || result === "cancelled") return;
    const { value, failure } = result;
    if (failure === undefined) show(value);
    else if (failure !== STEP_UP) fail(failure, () => setView({ name: "not_loaded", failure }));
  };
  const show = (asked: AuthorizationRequest) => {
    if (asked.next === "sign_in") signInAgain({ hasExpired: false, isNewNeeded: asked.user !== null, loginHint: asked.login_hint });
    else if (asked.next === "redirect" && asked.location !== null) leave(asked.location, asked.client.name);
    else setView({ name: "question", asked });
  };
  useEffect(() => void load(), []);
  useEffect(() => {
    // After a change in another tab, the answer would come from another user.
    onAnnouncement(() => {
      if (!isLeaving.current) location.reload();
    });
  }, []);

  const submission = useSubmission(async () => {
    const decision = sent.current;
    if (request === null || decision === undefined || !("asked" in view) || view.asked.user === null) return undefined;
    const { user, scopes, client } = view.asked;
    setFailure(undefined);
    const result = await send(() => decide(request, decision, user.id, scopes));
    if (result === "leaving") return "leaving";
    if (result === "cancelled") return undefined;
    if (result.failure === undefined) {
      leave(result.value.location, client.name);
      return "leaving";
    }
    const { failure } = result;
    fail(failure, () => setFailure(failure));
    if (failure.code === "consent_changed") await load();
    return undefined;
  });
  const answer = (decision: Decision) => {
    if (submission.isBusy) return;
    sent.current = decision;
    submission.run();
  };

  switch (view.name) {
    case "loading":
      return <p role="status">{t.loading}</p>;
    case "expired":
      return (
        <>
          <ViewHeading>{t.consent.title}</ViewHeading>
          <Message kind="error">{t.consent.expired}</Message>
          <LinkButton kind="secondary" href={PAGES.account}>
            {t.toAccount}
          </LinkButton>
        </>
      );
    case "not_loaded":
      return (
        <>
          <ViewHeading>{t.consent.title}</ViewHeading>
          <Message kind="error">{failureText(t, view.failure)}</Message>
          <Button kind="primary" onClick={() => location.reload()}>
            {t.retry}
          </Button>
        </>
      );
    case "unconfirmed":
      return (
        <>
          <ViewHeading>{t.consent.title}</ViewHeading>
          <Message kind={failure === undefined ? "lead" : "error"}>
            {failure === undefined ? t.consent.confirmation(isolated(view.asked.client.name)) : failureText(t, failure)}
          </Message>
          <div class="actions">
            <Button kind="primary" isDisabled={submission.isBusy} onClick={() => void load()}>
              {t.consent.confirm}
            </Button>
            <Button kind="secondary" isBusy={submission.isBusy} onClick={() => answer("deny")}>
              {t.consent.deny}
            </Button>
          </div>
        </>
      );
    case "question":
      return (
        <Question
          asked={view.asked}
          failure={failure}
          sent={submission.isBusy ? sent.current : undefined}
          isSlow={submission.isSlow}
          onAnswer={answer}
        />
      );
    case "returning":
      return (
        <>
          <ViewHeading>{t.consent.back}</ViewHeading>
          <p role="status">{t.consent.returning(isolated(view.application))}</p>
        </>
      );
  }
}
