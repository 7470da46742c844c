// The filters of the audit log.
import { formatTime, useTexts } from "../../language.ts";
import { Select } from "../components/select.tsx";
import type { AuditFilter, AuditKind } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { PickSubject, PickedSubject } from "./subject.tsx";

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
  /** Id of the user or OAuth client. */
  about: string | null;
  typed: Typed;
  onTyped: (typed: Typed) => void;
}

export function Filters({ about, typed, onTyped }: FiltersProps) {
  const { audit, kinds } = useConsoleTexts();
  const names = Object.entries(kinds) as [AuditKind, string][];
  const sorted = names.sort(([, one], [, other]) => one.localeCompare(other));
  return (
    <div class="filters" role="search">
      <div class="field">
        {about === null ? <PickSubject /> : <PickedSubject id={about} />}
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

/** A time for a column of a table. */
export function Time({ at }: { at: string }) {
  useTexts();
  return <time dateTime={at}>{formatTime(at)}</time>;
}
