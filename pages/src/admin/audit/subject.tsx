// The user or OAuth client whose entries the audit view shows.
import { useState } from "preact/hooks";
import type { Result } from "../../api.ts";
import { listClients, loadClient, loadUser, searchUsers } from "../client.ts";
import { SearchField } from "../components/search_field.tsx";
import { LINKS, auditLink, isId } from "../route.ts";
import { useConsoleTexts } from "../texts.ts";
import { TYPING_MS, useLoaded, useSettled } from "../work.ts";

/** Maximum number of users, and of clients, that are offered. More letters narrow the search. */
const MAX_OFFERED = 5;

interface Offer {
  id: string;
  name: string;
  /** The e-mail address of a user. */
  email?: string | null;
  isClient?: boolean;
}

/** The users and OAuth clients that the term finds. */
async function search(term: string): Promise<Result<Offer[]>> {
  if (term === "") return { value: [] };
  // Entries remain after the user or the client was deleted, so an id need not belong to one.
  const id = term.toLowerCase();
  if (isId(id)) return { value: [{ id, name: id }] };
  const [users, clients] = await Promise.all([searchUsers({ term, limit: MAX_OFFERED }), listClients({ term, limit: MAX_OFFERED })]);
  if (users.failure !== undefined) return users;
  if (clients.failure !== undefined) return clients;
  return {
    value: [
      ...users.value.users.map(({ id, username, email }) => ({ id, name: username, email })),
      ...clients.value.clients.map(({ client_id, client_name }) => ({ id: client_id, name: client_name, isClient: true })),
    ],
  };
}

export function PickSubject() {
  const { audit } = useConsoleTexts();
  const [typed, setTyped] = useState("");
  const term = useSettled(typed.trim(), TYPING_MS);
  const found = useLoaded(term, () => search(term));
  const offered = term === "" ? undefined : found.value;
  return (
    <>
      <SearchField label={audit.about} hint={audit.aboutHint} value={typed} onChange={setTyped} />
      <p class="hint" role="status">
        {offered?.length === 0 && audit.noneOffered}
      </p>
      {offered !== undefined && offered.length > 0 && (
        <ul class="offered">
          {offered.map(({ id, name, email, isClient }) => (
            <li key={id}>
              <a href={auditLink(id)}>
                {name} <span class="under">{isClient ? audit.oauthClient : email}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Loads the user first, because most ids are those of users, and the client if there is no such user. */
async function load(id: string): Promise<Result<Offer>> {
  const user = await loadUser(id);
  if (user.failure === undefined) return { value: { id, name: user.value.user.username } };
  if (user.failure.code !== "user_not_found") return user;
  const client = await loadClient(id);
  return client.failure === undefined ? { value: { id, name: client.value.client.client_name, isClient: true } } : client;
}

export function PickedSubject({ id }: { id: string }) {
  const { audit } = useConsoleTexts();
  const { value } = useLoaded(id, () => load(id));
  return (
    <>
      <p>{value?.isClient ? audit.chosenClient(value.name) : audit.chosen(value?.name ?? id)}</p>
      {value?.isClient && <p class="hint">{audit.chosenClientHint}</p>}
      <p>
        <a href={LINKS.audit}>{audit.removeChosen}</a>
      </p>
    </>
  );
}
