// The audit log: filters, entries from newest to oldest, export, and verification.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "../../account/step_up.tsx";
import type { Failure, User } from "../../api.ts";
import { Button } from "../../components/button.tsx";
import { searchAudit } from "../client.ts";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { AuditEntry, AuditFilter } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { Entries } from "./entries.tsx";
import { ExportAudit } from "./export.tsx";
import { Filters, NO_FILTER, toFilter } from "./filters.tsx";
import { Verify } from "./verify.tsx";

export function Audit({ about, actor }: { about: string | null; actor: User }) {
  const c = useConsoleTexts();
  const [typed, setTyped] = useState(NO_FILTER);
  const found = useEntries({ ...toFilter(typed), ...(about !== null && { user: about }) });
  return (
    <>
      <div class="title">
        <Heading title={c.audit.title} />
      </div>
      <div class="tools">
        <ExportAudit />
        {actor.role === "super_admin" && <Verify />}
      </div>
      <section class="card" aria-label={c.audit.title}>
        <Filters about={about} typed={typed} onTyped={setTyped} />
        <Outcome failure={found.failure} />
        <p role="status" class="hint">
          {found.entries !== undefined && (found.entries.length === 0 && found.next === null ? c.audit.empty : c.audit.shown(found.entries.length, found.next !== null))}
        </p>
        {found.entries !== undefined && found.entries.length > 0 && <Entries entries={found.entries} />}
        {found.next !== null && (
          <div class="tools">
            <Button kind="secondary" isBusy={found.isBusy} onClick={found.loadMore}>
              {c.more}
            </Button>
          </div>
        )}
      </section>
    </>
  );
}

interface FoundEntries {
  entries: AuditEntry[] | undefined;
  next: string | null;
  failure: Failure | undefined;
  isBusy: boolean;
  loadMore: () => void;
}

/** The entries that the filter finds. The result of an earlier filter never replaces that of a later one. */
function useEntries(filter: AuditFilter): FoundEntries {
  const send = useSend();
  const latest = useRef(0);
  const [entries, setEntries] = useState<AuditEntry[]>();
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const load = async (before: AuditEntry[], cursor: string | null) => {
    latest.current += 1;
    const own = latest.current;
    setBusy(true);
    const result = await send(() => searchAudit(filter, cursor));
    if (own !== latest.current || result === "leaving" || result === "cancelled") return;
    setBusy(false);
    setFailure(result.failure);
    if (result.failure !== undefined) return;
    setEntries([...before, ...result.value.entries]);
    setNext(result.value.next);
  };
  useEffect(() => {
    setEntries(undefined);
    setNext(null);
    void load([], null);
    return () => void (latest.current += 1);
  }, [JSON.stringify(filter)]);
  return { entries, next, failure, isBusy, loadMore: () => void load(entries ?? [], next) };
}
