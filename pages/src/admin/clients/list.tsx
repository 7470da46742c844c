// The list of OAuth clients: incremental search, a filter, and more pages on demand.
import type { User } from "../../api.ts";
import { LinkButton } from "../../components/button.tsx";
import { formatTime } from "../../language.ts";
import { listClients } from "../client.ts";
import { StateBadge } from "../components/badges.tsx";
import { Found } from "../components/found.tsx";
import { Heading } from "../components/heading.tsx";
import { SearchField } from "../components/search_field.tsx";
import { Select } from "../components/select.tsx";
import { Table } from "../components/table.tsx";
import type { Column } from "../components/table.tsx";
import type { OauthClient } from "../contract.ts";
import { usePages } from "../pages.ts";
import type { Pages } from "../pages.ts";
import { LINKS, clientLink } from "../route.ts";
import { canManageClients } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { TYPING_MS, useSettled } from "../work.ts";
import { toParameters } from "./query.ts";
import type { ClientQuery } from "./query.ts";

interface ListProps {
  query: ClientQuery;
  onQuery: (query: ClientQuery) => void;
}

export function ClientList({ query, actor, onQuery }: ListProps & { actor: User }) {
  const c = useConsoleTexts();
  const term = useSettled(query.term, TYPING_MS);
  const found = useClients({ ...query, term });
  return (
    <>
      <div class="title">
        <Heading title={c.clients.title} />
        {canManageClients(actor) && (
          <div class="tools">
            <LinkButton kind="primary" href={LINKS.createClient}>
              {c.clients.add}
            </LinkButton>
          </div>
        )}
      </div>
      {!canManageClients(actor) && <p class="note">{c.clients.readOnly}</p>}
      <section class="card" aria-label={c.clients.title}>
        <Filters query={query} onQuery={onQuery} />
        <Found found={found} empty={c.clients.empty} shown={c.clients.shown} table={(clients) => <ClientTable clients={clients} />} />
      </section>
    </>
  );
}

function Filters({ query, onQuery }: ListProps) {
  const { users, clients } = useConsoleTexts();
  return (
    <div class="filters" role="search">
      <SearchField label={users.search} hint={clients.searchHint} value={query.term} onChange={(term) => onQuery({ ...query, term })} />
      <Select
        label={users.state}
        name="state"
        value={query.state}
        options={[["", users.anyState], ["active", users.active], ["disabled", users.disabled]]}
        onChange={(state) => onQuery({ ...query, state })}
      />
    </div>
  );
}

function ClientTable({ clients }: { clients: OauthClient[] }) {
  const c = useConsoleTexts();
  const texts = c.clients;
  const columns: Column<OauthClient>[] = [
    {
      title: texts.name,
      cell: (client) => (
        <>
          <a href={clientLink(client.client_id)}>{client.client_name}</a>
          <span class="under">{client.client_id}</span>
        </>
      ),
    },
    {
      title: texts.kind,
      cell: (client) => (
        <>
          <span>{texts.kinds[client.kind]}</span>
          {client.kind === "confidential" && <span class="under">{texts.methods[client.token_endpoint_auth_method]}</span>}
        </>
      ),
    },
    { title: c.users.state, cell: (client) => <StateBadge isActive={client.is_active} /> },
    { title: texts.lastUsed, cell: ({ last_used_at }) => (last_used_at === null ? c.never : formatTime(last_used_at)), isCompact: true },
    { title: texts.created, cell: (client) => formatTime(client.created_at), isCompact: true },
  ];
  return <Table label={texts.title} columns={columns} rows={clients} keyOf={(client) => client.client_id} />;
}

/** The OAuth clients that a search finds. */
function useClients(query: ClientQuery): Pages<OauthClient> {
  return usePages(JSON.stringify(query), async (cursor, signal) => {
    const found = await listClients({ ...toParameters(query), ...(cursor !== null && { cursor }) }, signal);
    return found.failure !== undefined ? found : { value: { rows: found.value.clients, next: found.value.next } };
  });
}
