// The sessions of the user, and how to end them.
import { useState } from "preact/hooks";
import { api, call } from "../api.ts";
import type { Failure } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { failureText } from "../failures.ts";
import { formatTime, useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import { useSubmission } from "../submission.ts";
import { announce } from "../tabs.ts";
import { countryName } from "./country.ts";
import { deviceName } from "./device.ts";
import { methodName } from "./method_name.ts";
import { useSend } from "./step_up.tsx";
import type { Send } from "./step_up.tsx";

export type SessionEntry = NonNullable<Awaited<ReturnType<typeof list>>["value"]>["sessions"][number];

const list = () => call(api.GET("/api/auth/sessions"));

/** The live sessions, or the failure to load them. */
export type SessionList = { sessions: SessionEntry[] } | { failure: Failure };

export async function loadSessions(send: Send): Promise<SessionList | undefined> {
  const result = await send(list);
  if (result === "leaving" || result === "cancelled") return undefined;
  return result.failure === undefined ? { sessions: result.value.sessions } : { failure: result.failure };
}

/** Tells the other tabs, and leaves the account page. */
export function leaveSignedOut(): "leaving" {
  announce("signed_out");
  location.replace(PAGES.signedOut);
  return "leaving";
}

export function Sessions({ list, onChange }: { list: SessionList | undefined; onChange: () => void }) {
  const t = useTexts();
  const [failure, setFailure] = useState<Failure>();
  const [isRevoked, setRevoked] = useState(false);
  const revoked = (result: Failure | undefined) => {
    setFailure(result);
    setRevoked(result === undefined);
    onChange();
  };
  const shownFailure = failure ?? (list && "failure" in list ? list.failure : undefined);
  return (
    <section class="card" aria-labelledby="sessions">
      <h2 id="sessions">{t.sessions.title}</h2>
      <p>{t.sessions.lead}</p>
      {shownFailure && <Message kind="error">{failureText(t, shownFailure)}</Message>}
      {isRevoked && <Message kind="done">{t.sessions.revoked}</Message>}
      {list === undefined && <p role="status">{t.loading}</p>}
      {list && "sessions" in list && (
        <ul class="sessions">
          {list.sessions.map((session) => (
            <Entry key={session.id} session={session} onRevoked={revoked} />
          ))}
        </ul>
      )}
      <SignOutEverywhere onFailure={setFailure} />
    </section>
  );
}

/** The country of the address that is shown. */
const lastCountry = (session: SessionEntry) => (session.refresh_address === null ? session.country : session.refresh_country);

function Entry({ session, onRevoked }: { session: SessionEntry; onRevoked: (failure: Failure | undefined) => void }) {
  const t = useTexts();
  const send = useSend();
  const submission = useSubmission(async () => {
    const params = { path: { id: session.id } };
    const result = await send(() => call(api.DELETE("/api/auth/sessions/{id}", { params })));
    if (result === "leaving" || result === "cancelled") return result === "leaving" ? result : undefined;
    if (result.failure === undefined && session.is_current) return leaveSignedOut();
    onRevoked(result.failure);
    return undefined;
  });
  const device = deviceName(session.refresh_device ?? session.device, t);
  const facts: [string, string][] = [
    [t.sessions.signedIn, formatTime(session.created_at)],
    [t.sessions.lastUsed, formatTime(session.last_used_at)],
    [t.sessions.location, countryName(lastCountry(session), t)],
    [t.sessions.address, session.refresh_address ?? session.address ?? t.account.unknown],
    [t.sessions.method, methodName(session, t)],
  ];
  return (
    <li>
      <div class="device">
        <h3>{device}</h3>
        {session.is_current && <p class="badge">{t.sessions.current}</p>}
      </div>
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      <Button kind="secondary" isBusy={submission.isBusy} label={t.sessions.revokeLabel(device)} onClick={submission.run}>
        {t.sessions.revoke}
      </Button>
    </li>
  );
}

function SignOutEverywhere({ onFailure }: { onFailure: (failure: Failure) => void }) {
  const t = useTexts();
  const send = useSend();
  const submission = useSubmission(async () => {
    const result = await send(() => call(api.POST("/api/auth/logout-all")));
    if (result === "leaving") return "leaving";
    if (result === "cancelled") return undefined;
    if (result.failure === undefined) return leaveSignedOut();
    onFailure(result.failure);
    return undefined;
  });
  return (
    <div class="everywhere">
      <Button kind="secondary" isBusy={submission.isBusy} onClick={submission.run}>
        {t.sessions.revokeAll}
      </Button>
      <p class="hint">{t.sessions.revokeAllHint}</p>
    </div>
  );
}
