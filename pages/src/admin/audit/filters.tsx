// The filters of the audit log.
import { useState } from "preact/hooks";
import { formatTime, useTexts } from "../../language.ts";
import { loadUser, searchUsers } from "../client.ts";
import { SearchField } from "../components/search_field.tsx";
import { Select } from "../components/select.tsx";
import type { AdminUser, AuditFilter, AuditKind } from "../contract.ts";
import { LINKS, auditLink } from "../route.ts";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded, useSettled } from "../work.ts";

/** What was typed; empty if there is no such filter. */
export interface Typed {
  kind: AuditKind | "";
  from: string;
  to: string;
}

export const NO_FILTER: Typed = { kind: "", from: "", to: "" };

/** The times are typed in the time zone of the browser. */
export function toFilter({ kind, from, to }: Typed): AuditFilter {
  const time = (typed: string) => new Date(typed).toISOString();
  return { ...(kind !== "" && { kind }), ...(from !== "" && { from: time(from) }), ...(to !== "" && { to: time(to) }) };
}

interface FiltersProps {
  user: string | null;
  typed: Typed;
  onTyped: (typed: Typed) => void;
}

export function Filters({ user, typed, onTyped }: FiltersProps) {
  const { audit, kinds } = useConsoleTexts();
  const names = Object.entries(kinds) as [AuditKind, string][];
  const sorted = names.sort(([, one], [, other]) => one.localeCompare(other));
  return (
    <div class="filters" role="search">
      <div class="field">
        {user === null ? <PickUser /> : <PickedUser id={user} />}
      </div>
      <Select label={audit.kind} name="kind" value={typed.kind} options={[["", audit.anyKind], ...sorted]} onChange={(kind) => onTyped({ ...typed, kind })} />
      <Moment label={audit.from} name="from" value={typed.from} onChange={(from) => onTyped({ ...typed, from })} />
      <Moment label={audit.to} name="to" value={typed.to} onChange={(to) => onTyped({ ...typed, to })} />
    </div>
  );
}

function Moment({ label, name, value, onChange }: { label: string; name: string; value: string; onChange: (value: string) => void }) {
  return (
    <div class="field">
      <label for={`audit-${name}`}>{label}</label>
      <input id={`audit-${name}`} type="datetime-local" value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)} />
    </div>
  );
}

const TYPING_MS = 250;

/** More are not offered: the administrator types more letters. */
const MAX_OFFERED = 5;

function PickUser() {
  const { audit, users } = useConsoleTexts();
  const [typed, setTyped] = useState("");
  const term = useSettled(typed.trim(), TYPING_MS);
  const found = useLoaded<{ users: AdminUser[] }>(term, async () => (term === "" ? { value: { users: [] } } : searchUsers({ term, limit: MAX_OFFERED })));
  const offered = term === "" ? undefined : found.value?.users;
  return (
    <>
      <SearchField label={audit.user} hint={audit.userHint} value={typed} onChange={setTyped} />
      <p class="hint" role="status">
        {offered?.length === 0 && users.empty}
      </p>
      {offered !== undefined && offered.length > 0 && (
        <ul class="offered">
          {offered.map((user) => (
            <li key={user.id}>
              <a href={auditLink(user.id)}>
                {user.username} <span class="under">{user.email}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function PickedUser({ id }: { id: string }) {
  const { audit } = useConsoleTexts();
  const loaded = useLoaded(id, () => loadUser(id));
  return (
    <>
      <p>{audit.chosen(loaded.value?.user.username ?? id)}</p>
      <p>
        <a href={LINKS.audit}>{audit.removeUser}</a>
      </p>
    </>
  );
}

/** A time for a column of a table. */
export function Time({ at }: { at: string }) {
  useTexts();
  return <time dateTime={at}>{formatTime(at)}</time>;
}
