// One OAuth client: what is registered, and all actions of a super administrator. Other administrators only see it.
import { useState } from "preact/hooks";
import type { User } from "../../api.ts";
import { Message } from "../../components/message.tsx";
import { useTexts } from "../../language.ts";
import { loadClient } from "../client.ts";
import { StateBadge } from "../components/badges.tsx";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { OauthClient } from "../contract.ts";
import { LINKS } from "../route.ts";
import { canManageClients } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded } from "../work.ts";
import { AboutClient } from "./about.tsx";
import { ClientState, DeleteClient, RevokeGrants } from "./actions.tsx";
import { EditClient } from "./edit.tsx";
import { usesSecret } from "./properties.ts";
import { ClientSecret } from "./secret.tsx";

/** What the sections of the page get. */
export interface SectionProps {
  client: OauthClient;
  /** The client is loaded again after each change, because it changes the version. */
  onChanged: () => void;
}

export function ClientDetail({ id, actor }: { id: string; actor: User }) {
  const t = useTexts();
  const { clients } = useConsoleTexts();
  const [isDeleted, setDeleted] = useState(false);
  const loaded = useLoaded(id, () => loadClient(id));
  const client = loaded.value?.client;
  const isShown = client !== undefined && !isDeleted;
  return (
    <>
      <div class="title">
        <Heading title={clients.title} shown={client?.client_name ?? clients.title} />
        {isShown && <StateBadge isActive={client.is_active} />}
        <a class="back" href={LINKS.clients}>
          {clients.back}
        </a>
      </div>
      {isDeleted ? <Message kind="done">{clients.delete.done}</Message> : <Outcome failure={loaded.failure} />}
      {client === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {isShown && (
        <>
          {!canManageClients(actor) && <p class="note">{clients.readOnly}</p>}
          <AboutClient client={client} />
          {canManageClients(actor) && <Actions client={client} onChanged={loaded.reload} onDeleted={() => setDeleted(true)} />}
        </>
      )}
    </>
  );
}

function Actions({ onDeleted, ...props }: SectionProps & { onDeleted: () => void }) {
  return (
    <>
      <EditClient {...props} />
      <ClientState {...props} />
      {usesSecret(props.client.token_endpoint_auth_method) && <ClientSecret {...props} />}
      <RevokeGrants {...props} />
      <DeleteClient {...props} onDeleted={onDeleted} />
    </>
  );
}
