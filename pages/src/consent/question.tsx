// The question of the consent page: the application, the address that the user returns to, and the permissions.
import type { ComponentChildren } from "preact";
import { Address } from "../components/address.tsx";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { NamedUser } from "../components/named_user.tsx";
import { Scopes } from "../components/scopes.tsx";
import { ViewHeading } from "../components/view_heading.tsx";
import type { Failure } from "../api.ts";
import { failureText } from "../failures.ts";
import { isolated, useTexts } from "../language.ts";
import { signInPath } from "../navigation.ts";
import { useAttention } from "./attention.ts";
import type { AuthorizationRequest, Decision } from "./client.ts";

interface QuestionProps {
  asked: AuthorizationRequest;
  failure: Failure | undefined;
  /** The answer that is being sent. */
  sent: Decision | undefined;
  isSlow: boolean;
  onAnswer: (decision: Decision) => void;
}

/** Both answers look alike, so that the page suggests neither. */
export function Question({ asked, failure, sent, isSlow, onAnswer }: QuestionProps) {
  const t = useTexts();
  const texts = t.consent;
  const hasAttention = useAttention();
  const answers: [Decision, string][] = [
    ["allow", texts.allow],
    ["deny", texts.deny],
  ];
  return (
    <>
      <ViewHeading>{texts.question(isolated(asked.client.name))}</ViewHeading>
      <Parties asked={asked} />
      {asked.is_loopback ? <p class="warning">{texts.loopback}</p> : <p>{texts.checkAddress}</p>}
      {asked.scopes.length === 0 ? (
        <p>{texts.noScopes}</p>
      ) : (
        <>
          <h2 id="scopes">{texts.scopes}</h2>
          <Scopes scopes={asked.scopes} labelledBy="scopes" />
        </>
      )}
      {failure && <Message kind="error">{failure.status === 403 && failure.code !== "cross_site_request" ? texts.forbidden : failureText(t, failure)}</Message>}
      <div class="actions">
        {answers.map(([decision, text]) => (
          <Button key={decision} kind="primary" isBusy={sent === decision} isDisabled={sent !== undefined || !hasAttention} onClick={() => onAnswer(decision)}>
            {text}
          </Button>
        ))}
      </div>
      <p class="slow" role="status">
        {isSlow ? t.slow : ""}
      </p>
      <p class="hint">{texts.removable}</p>
    </>
  );
}

function Parties({ asked }: { asked: AuthorizationRequest }) {
  const { consent: texts } = useTexts();
  return (
    <dl class="facts compare">
      <Party name={texts.returnsTo}>
        <strong class="place">
          <Address>{asked.redirect_host}</Address>
        </strong>
      </Party>
      {asked.resource && (
        <Party name={texts.service}>
          <bdi>{asked.resource.name}</bdi>
          <br />
          <span class="hint">
            <Address>{host(asked.resource.uri)}</Address>
          </span>
        </Party>
      )}
      {asked.user && (
        <Party name={texts.account}>
          <NamedUser user={asked.user} />
          <br />
          <a href={signInPath()}>{texts.otherAccount}</a>
        </Party>
      )}
    </dl>
  );
}

function Party({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const host = (uri: string): string => (URL.canParse(uri) ? new URL(uri).host : uri);
