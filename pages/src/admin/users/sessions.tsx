// The live sessions of a user, and how to end them.
import { useState } from "preact/hooks";
import { countryName } from "../../account/country.ts";
import { deviceName } from "../../account/device.ts";
import { methodName } from "../../account/method_name.ts";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { formatTime, useTexts } from "../../language.ts";
import { loadUserSessions, revokeUserSession, revokeUserSessions } from "../client.ts";
import { Facts } from "../components/facts.tsx";
import type { Fact } from "../components/facts.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { UserSession } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded } from "../work.ts";
import type { SectionProps } from "./detail.tsx";

export function UserSessions({ user }: SectionProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const [done, setDone] = useState<string>();
  const loaded = useLoaded(user.id, () => loadUserSessions(user.id));
  const sessions = loaded.value?.sessions;
  const ended = (text: string) => {
    setDone(text);
    loaded.reload();
  };
  return (
    <section class="card" aria-labelledby="sessions">
      <h2 id="sessions">{c.user.sessions.title}</h2>
      <Outcome failure={loaded.failure} done={done} />
      {sessions === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {sessions?.length === 0 && <p class="hint">{c.user.sessions.none}</p>}
      {sessions !== undefined && sessions.length > 0 && (
        <>
          <ul class="sessions">
            {sessions.map((session) => (
              <Entry key={session.id} user={user.id} session={session} onEnded={ended} />
            ))}
          </ul>
          <EndAll user={user.id} name={user.username} count={sessions.length} onEnded={ended} />
        </>
      )}
    </section>
  );
}

function Entry({ user, session, onEnded }: { user: string; session: UserSession; onEnded: (text: string) => void }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const ask = useAsk();
  const device = deviceName(session.refresh_device ?? session.device, t);
  const action = useAction({
    ask: () => ask({ title: c.user.sessions.revokeTitle(device), consequences: [c.user.sessions.revokeConsequence], confirm: t.sessions.revoke }),
    request: () => revokeUserSession(user, session.id),
    onDone: () => onEnded(t.sessions.revoked),
  });
  const country = session.refresh_address === null ? session.country : session.refresh_country;
  const facts: Fact[] = [
    [t.sessions.signedIn, formatTime(session.created_at)],
    [t.sessions.lastUsed, formatTime(session.last_used_at)],
    [t.sessions.location, countryName(country, t)],
    [t.sessions.address, session.refresh_address ?? session.address ?? t.account.unknown],
    [t.sessions.method, methodName(session, t)],
  ];
  return (
    <li>
      <h3>{device}</h3>
      <Facts facts={facts} />
      <Button kind="secondary" isBusy={action.isBusy} label={t.sessions.revokeLabel(device)} onClick={action.run}>
        {t.sessions.revoke}
      </Button>
      <Outcome failure={action.failure} />
    </li>
  );
}

function EndAll({ user, name, count, onEnded }: { user: string; name: string; count: number; onEnded: (text: string) => void }) {
  const c = useConsoleTexts();
  const ask = useAsk();
  const texts = c.user.sessions;
  const action = useAction({
    ask: () => ask({ title: texts.allTitle(name), consequences: [texts.ends(count)], confirm: texts.all }),
    request: () => revokeUserSessions(user),
    onDone: ({ revoked_sessions }) => onEnded(texts.allDone(revoked_sessions)),
  });
  return (
    <div class="everywhere">
      <Button kind="danger" isBusy={action.isBusy} onClick={action.run}>
        {texts.all}
      </Button>
      <Outcome failure={action.failure} />
    </div>
  );
}
