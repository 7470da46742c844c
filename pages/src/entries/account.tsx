// /account
import { useEffect, useState } from "preact/hooks";
import { Applications } from "../account/applications.tsx";
import { ChangeEmail } from "../account/change_email.tsx";
import { ChangePassword } from "../account/change_password.tsx";
import { Profile } from "../account/profile.tsx";
import { Sessions, leaveSignedOut, loadSessions } from "../account/sessions.tsx";
import type { SessionList } from "../account/sessions.tsx";
import { StepUp, useSend } from "../account/step_up.tsx";
import { Review, isReviewRequested } from "../account/ways/review.tsx";
import { WaysToSignIn } from "../account/ways/ways_to_sign_in.tsx";
import { Questions } from "../components/questions.tsx";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button, LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { useFactors } from "../factors/use_factors.ts";
import { useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { useSubmission } from "../submission.ts";

start({
  title: (t) => t.account.title,
  session: "required",
  isWide: true,
  view: (props) => (
    <StepUp {...props}>
      <Questions>
        <Account {...props} />
      </Questions>
    </StepUp>
  ),
});

function Account({ options, session }: PageProps) {
  const t = useTexts();
  const send = useSend();
  const [list, setList] = useState<SessionList>();
  const reload = () => {
    void loadSessions(send).then((loaded) => loaded && setList(loaded));
  };
  useEffect(reload, []);
  const [loaded, reloadFactors] = useFactors(session?.user);
  const [isReview, setReview] = useState(isReviewRequested);
  if (session === null) return null;
  const factors = loaded?.value;
  const isReviewed = isReview && factors !== undefined && factors.passkeys.length > 0;
  // Users of the directory have neither a password nor an address that they could change here.
  const isManagedElsewhere = factors?.is_managed_elsewhere ?? session.method !== "password";
  const hasPassword = !isManagedElsewhere && factors?.has_password !== false;
  const { user } = session;
  return (
    <>
      <div class="title">
        <h1>{t.account.title}</h1>
        <div class="tools">
          {user.role !== "user" && (
            <LinkButton kind="secondary" href={PAGES.administration}>
              {t.administration}
            </LinkButton>
          )}
          <SignOut />
        </div>
      </div>
      {isReviewed && <Review factors={factors} onChange={reloadFactors} onKeep={() => setReview(false)} />}
      <Profile user={user} isManagedElsewhere={isManagedElsewhere} isRecognised={session.is_recognised_device === true} />
      <WaysToSignIn
        loaded={loaded}
        service={options.branding.name}
        isManagedElsewhere={isManagedElsewhere}
        isReviewed={isReviewed}
        onChange={reloadFactors}
      />
      {!isManagedElsewhere && <ChangeEmail canMail={options.email} />}
      {hasPassword && <ChangePassword username={user.username} minimum={options.password_min_length} onChanged={reload} />}
      <Applications />
      <Sessions list={list} onChange={reload} />
    </>
  );
}

function SignOut() {
  const t = useTexts();
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    const { failure } = await call(api.POST("/api/auth/logout"));
    if (failure === undefined) return leaveSignedOut();
    setFailure(failure);
    return undefined;
  });
  return (
    <>
      {failure && <Message kind="error">{failureText(t, failure)}</Message>}
      <Button kind="secondary" isBusy={submission.isBusy} onClick={submission.run}>
        {t.account.signOut}
      </Button>
    </>
  );
}
