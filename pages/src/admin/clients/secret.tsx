// The secret of an OAuth client. Only a new one can be shown, once.
import { useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { useAsk } from "../../components/questions.tsx";
import { newClientSecret } from "../client.ts";
import { ShownOnce } from "../components/shown_once.tsx";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";
import { OneAction } from "./one_action.tsx";

export function ClientSecret({ client, onChanged }: SectionProps) {
  const { secret: texts } = useConsoleTexts().clients;
  const ask = useAsk();
  const [secret, setSecret] = useState<string>();
  const action = useAction({
    ask: () => ask({ title: texts.confirm(client.client_name), consequences: texts.consequences, confirm: texts.submit }),
    request: () => {
      setSecret(undefined);
      return newClientSecret(client.client_id, client.version);
    },
    onDone: ({ client_secret }) => {
      setSecret(client_secret);
      onChanged();
    },
    onFailure: onChanged,
  });
  return (
    <OneAction title={texts.title} kind="secondary" submit={texts.submit} hint={texts.hint} action={action}>
      {secret !== undefined && <ShownOnce lead={texts.shown} label={texts.label} text={secret} />}
    </OneAction>
  );
}
