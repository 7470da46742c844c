// The list of users: incremental search, filters, order, and more pages on demand.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "../../account/step_up.tsx";
import type { Failure } from "../../api.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { formatTime, useTexts } from "../../language.ts";
import { searchUsers } from "../client.ts";
import { Badges } from "../components/badges.tsx";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import { SearchField } from "../components/search_field.tsx";
import { Select } from "../components/select.tsx";
import { Table } from "../components/table.tsx";
import type { Column } from "../components/table.tsx";
import type { AdminUser, UserSearch } from "../contract.ts";
import { LINKS, userLink } from "../route.ts";
import { ROLES } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { useSettled } from "../work.ts";
import { ExportUsers } from "./export.tsx";
import { changed, toSearch } from "./query.ts";
import type { SortChoice, UserQuery } from "./query.ts";
import { SourceField, remember } from "./source_field.tsx";

/** Long enough that a request is not sent for every letter. */
const TYPING_MS = 250;

interface ListProps {
  query: UserQuery;
  onQuery: (query: UserQuery) => void;
}

export function UserList({ query, onQuery }: ListProps) {
  const c = useConsoleTexts();
  const term = useSettled(query.term, TYPING_MS);
  const source = useSettled(query.source, TYPING_MS);
  const found = useUsers(toSearch({ ...query, term, source }));
  return (
    <>
      <div class="title">
        <Heading title={c.users.title} />
        <div class="tools">
          <LinkButton kind="primary" href={LINKS.create}>
            {c.users.add}
          </LinkButton>
          <LinkButton kind="secondary" href={LINKS.import}>
            {c.users.import}
          </LinkButton>
        </div>
      </div>
      <section class="card" aria-label={c.users.title}>
        <Filters query={query} onQuery={onQuery} />
        <Outcome failure={found.failure} />
        <p role="status" class="hint">
          {found.users !== undefined && (found.users.length === 0 ? c.users.empty : c.users.shown(found.users.length, found.hasMore))}
        </p>
        {found.users !== undefined && found.users.length > 0 && <UserTable users={found.users} />}
        {found.hasMore && (
          <div class="tools">
            <Button kind="secondary" isBusy={found.isBusy} onClick={found.loadMore}>
              {c.more}
            </Button>
          </div>
        )}
      </section>
      <ExportUsers />
    </>
  );
}

function Filters({ query, onQuery }: ListProps) {
  const t = useTexts();
  const { users } = useConsoleTexts();
  const set = (change: Partial<UserQuery>) => onQuery(changed(query, change));
  const sorts = Object.keys(users.sorts) as SortChoice[];
  return (
    <div class="filters" role="search">
      <SearchField label={users.search} hint={users.searchHint} value={query.term} onChange={(term) => set({ term })} />
      <Select
        label={users.role}
        name="role"
        value={query.role}
        options={[["", users.anyRole], ...ROLES.map((role) => [role, t.account.roles[role]] as const)]}
        onChange={(role) => set({ role })}
      />
      <Select
        label={users.state}
        name="state"
        value={query.state}
        options={[["", users.anyState], ["active", users.active], ["disabled", users.disabled]]}
        onChange={(state) => set({ state })}
      />
      <SourceField value={query.source} onChange={(source) => set({ source })} />
      {query.term.trim() === "" && (
        <Select label={users.sort} name="sort" value={query.sort} options={sorts.map((sort) => [sort, users.sorts[sort]] as const)} onChange={(sort) => set({ sort })} />
      )}
    </div>
  );
}

function UserTable({ users }: { users: AdminUser[] }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const columns: Column<AdminUser>[] = [
    {
      title: c.users.username,
      cell: (user) => (
        <>
          <a href={userLink(user.id)}>{user.username}</a>
          <span class="under">{user.name}</span>
        </>
      ),
    },
    { title: c.users.email, cell: (user) => user.email ?? "–" },
    { title: c.users.role, cell: (user) => t.account.roles[user.role] },
    { title: c.users.state, cell: (user) => <Badges user={user} /> },
    { title: c.users.lastSignIn, cell: (user) => (user.last_login === null ? c.never : formatTime(user.last_login)), isCompact: true },
  ];
  return <Table label={c.users.title} columns={columns} rows={users} keyOf={(user) => user.id} />;
}

interface FoundUsers {
  users: AdminUser[] | undefined;
  failure: Failure | undefined;
  hasMore: boolean;
  isBusy: boolean;
  loadMore: () => void;
}

/** A page of a search may be empty although there are more, so that many are read until one has a user. */
const MAX_EMPTY_PAGES = 20;

/** The users that a search finds. The result of an earlier search never replaces that of a later one. */
function useUsers(search: UserSearch): FoundUsers {
  const send = useSend();
  const controller = useRef(new AbortController());
  const [users, setUsers] = useState<AdminUser[]>();
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const load = async (before: AdminUser[], start: string | null) => {
    controller.current.abort();
    controller.current = new AbortController();
    const { signal } = controller.current;
    setBusy(true);
    let cursor = start;
    for (let page = 0; page < MAX_EMPTY_PAGES; page += 1) {
      const from = cursor;
      const result = await send(() => searchUsers({ ...search, ...(from !== null && { cursor: from }) }, signal));
      if (signal.aborted || result === "leaving" || result === "cancelled") return;
      setFailure(result.failure);
      if (result.failure !== undefined) break;
      cursor = result.value.next;
      setNext(cursor);
      remember(result.value.users);
      setUsers([...before, ...result.value.users]);
      if (result.value.users.length > 0 || cursor === null) break;
    }
    setBusy(false);
  };
  useEffect(() => {
    void load([], null);
    return () => controller.current.abort();
  }, [JSON.stringify(search)]);
  return { users: failure === undefined ? users : undefined, failure, hasMore: failure === undefined && next !== null, isBusy, loadMore: () => void load(users ?? [], next) };
}
