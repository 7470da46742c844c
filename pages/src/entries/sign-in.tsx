// /sign-in
import { useState } from "preact/hooks";
import { api, call } from "../api.ts";
import { Aws } from "../components/aws.tsx";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import { WAIT } from "../device_flow.ts";
import type { Pending, SignedIn } from "../factors/client.ts";
import { RecoveryCodes } from "../factors/recovery_codes.tsx";
import { useTexts } from "../language.ts";
import { takeNewSignIn } from "../navigation.ts";
import { Choice } from "../sign_in/choice.tsx";
import { Enrolment } from "../sign_in/enrolment.tsx";
import { Offer, shouldOffer } from "../sign_in/offer.tsx";
import { SecondStep } from "../sign_in/second_step.tsx";
import { start } from "../start.tsx";
import type { PageProps } from "../start.tsx";
import { announce } from "../tabs.ts";

start({ title: (t) => t.signIn.title, session: "shown", view: SignIn });

type Method = "password" | "passkey" | "aws_device";

type View =
  | { name: "signed_in" | "aws" | "expired" | "offer" }
  | { name: "choice"; isAgain: boolean }
  | { name: "second_step"; pending: Pending; method: Method }
  | { name: "codes"; codes: string[] };

function SignIn({ options, session }: PageProps) {
  const t = useTexts();
  const [view, setView] = useState<View>(() => (session === null || takeNewSignIn() ? { name: "choice", isAgain: false } : { name: "signed_in" }));
  const show = (name: "aws" | "expired" | "offer") => setView({ name });
  const choose = () => setView({ name: "choice", isAgain: true });
  const leave = () => {
    announce("signed_in");
    location.replace(options.return_to);
  };
  /** What follows a response of the service. */
  const proceed = async (result: SignedIn | Pending, method: Method) => {
    if (result.status === "second_factor_required") return setView({ name: "second_step", pending: result, method });
    if ("recovery_codes" in result && result.recovery_codes !== null) return setView({ name: "codes", codes: result.recovery_codes });
    if (method === "password" && (await shouldOffer())) return show("offer");
    leave();
  };
  switch (view.name) {
    case "signed_in":
      return <SignedInAlready options={options} session={session} onOther={choose} />;
    case "choice":
      return <Choice isAgain={view.isAgain} methods={options.methods} onAws={() => show("aws")} onDone={(result, method) => void proceed(result, method)} />;
    case "aws":
      return (
        <>
          <ViewHeading>{t.aws.title}</ViewHeading>
          <Aws
            application={options.aws_client_name ?? ""}
            send={(handles, signal) => {
              const body = { method: "aws_device", session: "cookie", ...handles } as const;
              return call(api.POST("/api/auth/sign-in", { body, params: { header: { Prefer: WAIT } }, signal }));
            }}
            onDone={(result) => void proceed(result, "aws_device")}
            onCancel={choose}
          />
        </>
      );
    case "second_step": {
      const { pending, method } = view;
      const Step = pending.methods.length === 0 ? Enrolment : SecondStep;
      return (
        <Step
          pending={pending}
          onDone={(result) => void proceed(result, method)}
          onExpired={() => show("expired")}
          onStartAgain={choose}
        />
      );
    }
    case "expired":
      return (
        <>
          <ViewHeading>{t.signIn.title}</ViewHeading>
          <Message kind="error">{t.factors.secondStep.expired}</Message>
          <Button kind="primary" onClick={choose}>
            {t.factors.secondStep.startAgain}
          </Button>
        </>
      );
    case "offer":
      return <Offer onAdded={(codes) => (codes === null ? leave() : setView({ name: "codes", codes }))} onDeclined={leave} />;
    case "codes":
      return (
        <>
          <ViewHeading>{t.factors.recovery.title}</ViewHeading>
          <RecoveryCodes codes={view.codes} service={options.branding.name} onStored={leave} />
        </>
      );
  }
}

function SignedInAlready({ options, session, onOther }: PageProps & { onOther: () => void }) {
  const t = useTexts();
  return (
    <>
      <h1>{t.signIn.title}</h1>
      <Message kind="lead">{t.signIn.alreadySignedIn(session?.user.name || session?.user.username || "")}</Message>
      <Button kind="primary" onClick={() => location.replace(options.return_to)}>
        {t.signIn.proceed}
      </Button>
      <Button kind="secondary" onClick={onOther}>
        {t.signIn.asOther}
      </Button>
    </>
  );
}
