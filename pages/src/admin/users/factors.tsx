// The second factors of a user, and how to remove all of them if the user has lost them.
import { useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { formatTime, useTexts } from "../../language.ts";
import { loadUserFactors, resetUserFactors } from "../client.ts";
import { Facts } from "../components/facts.tsx";
import type { Fact } from "../components/facts.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { UserFactors } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded } from "../work.ts";
import type { SectionProps } from "./detail.tsx";
import { liveSessions } from "./live_sessions.ts";

type FactorsProps = SectionProps & {
  /** What the last reset has done; the section is created again when the user is loaded again. */
  done: string | undefined;
  onDone: (text: string | undefined) => void;
};

export function Factors(props: FactorsProps) {
  const { user, permissions, done } = props;
  const t = useTexts();
  const c = useConsoleTexts();
  const loaded = useLoaded(user.id, () => loadUserFactors(user.id));
  const factors = loaded.value;
  return (
    <section class="card" aria-labelledby="factors">
      <h2 id="factors">{c.user.factors.title}</h2>
      <Outcome failure={loaded.failure} done={done} />
      {factors === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {factors?.codes_locked && <p class="note">{c.user.factors.locked}</p>}
      {factors && <List factors={factors} />}
      {factors && permissions.canRemove && <Reset {...props} factors={factors} />}
    </section>
  );
}

function List({ factors }: { factors: UserFactors }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const texts = c.user.factors;
  const facts: Fact[] = factors.passkeys.map(({ name, created_at, last_used_at }) => [
    `${t.factors.passkey.name}: ${name}`,
    texts.added(formatTime(created_at), last_used_at === null ? null : formatTime(last_used_at)),
  ]);
  if (factors.totp) facts.push([t.factors.totp.plural, texts.added(formatTime(factors.totp.created_at), null)]);
  if (factors.recovery_codes) facts.push([t.factors.recovery.plural, texts.unused(factors.recovery_codes.remaining)]);
  return facts.length === 0 ? <p class="hint">{texts.none}</p> : <Facts facts={facts} />;
}

function Reset({ user, factors, onChanged, onDone }: FactorsProps & { factors: UserFactors }) {
  const c = useConsoleTexts();
  const ask = useAsk();
  const texts = c.user.factors;
  const [isDone, setDone] = useState(false);
  const hasNone = factors.passkeys.length === 0 && factors.totp === null && !factors.codes_locked;
  const action = useAction({
    ask: async () => {
      onDone(undefined);
      const noPassword = !factors.has_password && user.source === "password" ? [texts.noPassword] : [];
      const consequences = [...texts.consequences, ...noPassword, c.user.sessions.ends(await liveSessions(user.id))];
      return ask({ title: texts.resetTitle(user.username), consequences, confirm: texts.reset });
    },
    request: () => resetUserFactors(user.id),
    onDone: ({ revoked_sessions }) => {
      setDone(true);
      onDone(texts.done(revoked_sessions));
      onChanged();
    },
  });
  return (
    <div class="change">
      <Button kind="danger" isBusy={action.isBusy} isDisabled={hasNone || isDone} onClick={action.run}>
        {texts.reset}
      </Button>
      <p class="hint">{texts.hint}</p>
      <Outcome failure={action.failure} />
    </div>
  );
}
