// Actions about an OAuth client that a question precedes, because they take access away: disable it, revoke its grants, delete it.
import { useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { useAsk } from "../../components/questions.tsx";
import { changeClient, deleteClient, revokeClientGrants } from "../client.ts";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";
import { OneAction } from "./one_action.tsx";

export function ClientState({ client, onChanged }: SectionProps) {
  const { clients } = useConsoleTexts();
  const { disable, enable } = clients;
  const ask = useAsk();
  const [done, setDone] = useState<string>();
  const isActive = client.is_active;
  const action = useAction({
    ask: async () => {
      setDone(undefined);
      return !isActive || ask({ title: disable.title(client.client_name), consequences: disable.consequences, confirm: disable.submit });
    },
    request: () => changeClient(client.client_id, client.version, { is_active: !isActive }),
    onDone: () => {
      setDone(isActive ? disable.done : enable.done);
      onChanged();
    },
    onFailure: onChanged,
  });
  const [kind, submit] = isActive ? (["danger", disable.submit] as const) : (["secondary", enable.submit] as const);
  return <OneAction title={clients.access} kind={kind} submit={submit} action={action} done={done} />;
}

export function RevokeGrants({ client, onChanged }: SectionProps) {
  const { revoke } = useConsoleTexts().clients;
  const ask = useAsk();
  const [isDone, setDone] = useState(false);
  const action = useAction({
    ask: async () => {
      setDone(false);
      return ask({ title: revoke.confirm(client.client_name), consequences: revoke.consequences, confirm: revoke.submit });
    },
    request: () => revokeClientGrants(client.client_id),
    onDone: () => {
      setDone(true);
      onChanged();
    },
    onFailure: onChanged,
  });
  return <OneAction title={revoke.title} kind="danger" submit={revoke.submit} hint={revoke.hint} action={action} done={isDone ? revoke.done : undefined} />;
}

export function DeleteClient({ client, onChanged, onDeleted }: SectionProps & { onDeleted: () => void }) {
  const { delete: texts } = useConsoleTexts().clients;
  const ask = useAsk();
  const name = client.client_name;
  const action = useAction({
    ask: () => ask({ title: texts.confirm(name), consequences: texts.consequences, confirm: texts.submit, typed: { label: texts.typed(name), text: name } }),
    request: () => deleteClient(client.client_id, client.version),
    onDone: onDeleted,
    onFailure: onChanged,
  });
  return <OneAction title={texts.title} kind="danger" submit={texts.submit} hint={texts.hint} action={action} />;
}
