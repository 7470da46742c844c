// The list of users: incremental search, filters, order, and more pages on demand.
import { LinkButton } from "../../components/button.tsx";
import { formatTime, useTexts } from "../../language.ts";
import { searchUsers } from "../client.ts";
import { Badges } from "../components/badges.tsx";
import { Found } from "../components/found.tsx";
import { Heading } from "../components/heading.tsx";
import { SearchField } from "../components/search_field.tsx";
import { Select } from "../components/select.tsx";
import { Table } from "../components/table.tsx";
import type { Column } from "../components/table.tsx";
import type { AdminUser, UserSearch } from "../contract.ts";
import { usePages } from "../pages.ts";
import type { Pages } from "../pages.ts";
import { LINKS, userLink } from "../route.ts";
import { ROLES } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { TYPING_MS, useSettled } from "../work.ts";
import { ExportUsers } from "./export.tsx";
import { changed, toSearch } from "./query.ts";
import type { SortChoice, UserQuery } from "./query.ts";
import { SourceField, remember } from "./source_field.tsx";

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
        <Found found={found} empty={c.users.empty} shown={c.users.shown} table={(users) => <UserTable users={users} />} />
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

/** The users that a search finds. */
function useUsers(search: UserSearch): Pages<AdminUser> {
  return usePages(JSON.stringify(search), async (cursor, signal) => {
    const found = await searchUsers({ ...search, ...(cursor !== null && { cursor }) }, signal);
    if (found.failure !== undefined) return found;
    const { users, next } = found.value;
    remember(users);
    return { value: { rows: users, next } };
  });
}
