// The role and the state of a user. A change of either ends all sessions of the user, which the question before it says.
import { useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { useTexts } from "../../language.ts";
import { changeUser } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { Select } from "../components/select.tsx";
import type { Role, UserChange } from "../contract.ts";
import { ROLES } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";
import { liveSessions } from "./live_sessions.ts";

export function Access(props: SectionProps) {
  const c = useConsoleTexts();
  const [done, setDone] = useState<string>();
  return (
    <section class="card" aria-labelledby="access">
      <h2 id="access">{c.user.access}</h2>
      <Outcome failure={undefined} done={done} />
      {props.permissions.canChangeRole && <ChangeRole key={props.user.role} {...props} onDone={setDone} />}
      <ChangeState {...props} onDone={setDone} />
    </section>
  );
}

type ChangeProps = SectionProps & { onDone: (text: string | undefined) => void };

function ChangeRole({ user, onChanged, onDone }: ChangeProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const ask = useAsk();
  const [role, setRole] = useState<Role>(user.role);
  const names = t.account.roles;
  const action = useAction({
    ask: async () => {
      onDone(undefined);
      return ask({
        title: c.user.role.title(user.username),
        consequences: [c.user.role.consequence(names[user.role], names[role]), c.user.sessions.ends(await liveSessions(user.id))],
        confirm: c.user.role.submit,
      });
    },
    request: () => changeUser(user.id, user.version, { role }),
    onDone: ({ revoked_sessions }) => {
      onDone(c.user.role.done(revoked_sessions));
      onChanged();
    },
    onFailure: onChanged,
  });
  return (
    <div class="change">
      <Select label={t.account.role} name="new_role" value={role} options={ROLES.map((role) => [role, names[role]] as const)} onChange={setRole} />
      <Button kind="secondary" isBusy={action.isBusy} isDisabled={role === user.role} onClick={action.run}>
        {c.user.role.submit}
      </Button>
      <Outcome failure={action.failure} />
    </div>
  );
}

function ChangeState({ user, onChanged, onDone }: ChangeProps) {
  const c = useConsoleTexts();
  const ask = useAsk();
  const texts = c.user.disable;
  const change: UserChange = { is_active: !user.is_active };
  const action = useAction({
    ask: async () => {
      onDone(undefined);
      if (!user.is_active) return true;
      const consequences = [c.user.sessions.ends(await liveSessions(user.id)), ...texts.consequences];
      return ask({ title: texts.title(user.username), consequences, confirm: texts.submit });
    },
    request: () => changeUser(user.id, user.version, change),
    onDone: ({ revoked_sessions }) => {
      onDone(user.is_active ? texts.done(revoked_sessions) : c.user.enable.done);
      onChanged();
    },
    onFailure: onChanged,
  });
  return (
    <div class="change">
      <Button kind={user.is_active ? "danger" : "primary"} isBusy={action.isBusy} onClick={action.run}>
        {user.is_active ? texts.submit : c.user.enable.submit}
      </Button>
      <Outcome failure={action.failure} />
    </div>
  );
}
