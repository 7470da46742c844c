// Entries of the audit log.
import { deviceName } from "../../account/device.ts";
import { useTexts } from "../../language.ts";
import { Table } from "../components/table.tsx";
import type { Column } from "../components/table.tsx";
import type { AuditEntry } from "../contract.ts";
import { isId, userLink } from "../route.ts";
import { useConsoleTexts } from "../texts.ts";
import { Time } from "./filters.tsx";

export function Entries({ entries }: { entries: AuditEntry[] }) {
  const c = useConsoleTexts();
  const columns: Column<AuditEntry>[] = [
    { title: c.audit.number, cell: (entry) => entry.number, isCompact: true },
    { title: c.audit.time, cell: (entry) => <Time at={entry.at} />, isCompact: true },
    { title: c.audit.event, cell: (entry) => <Event entry={entry} /> },
    { title: c.audit.actor, cell: (entry) => <Who id={entry.actor} name={entry.actor_name} client={entry.actor_client_name} /> },
    { title: c.audit.subject, cell: (entry) => <Subject entry={entry} /> },
    { title: c.audit.client, cell: (entry) => <Client entry={entry} /> },
  ];
  return <Table label={c.audit.title} columns={columns} rows={entries} keyOf={(entry) => entry.number} />;
}

function Event({ entry }: { entry: AuditEntry }) {
  const c = useConsoleTexts();
  return (
    <span class="event">
      <span>{c.kinds[entry.kind]}</span>
      {entry.outcome !== "success" && <span class="badge bad">{c.audit.failed}</span>}
      {entry.detail !== null && <span class="under">{entry.detail}</span>}
    </span>
  );
}

function Subject({ entry }: { entry: AuditEntry }) {
  const c = useConsoleTexts();
  // Without both names, the subject may be an erased user or a deleted client, so only the id is shown.
  if (entry.kind.startsWith("client_") && entry.subject_client_name === null && entry.subject_name === null) return <>{entry.subject ?? "–"}</>;
  if (entry.subject !== null && entry.subject === entry.actor) return <>{c.audit.same}</>;
  return <Who id={entry.subject} name={entry.subject_name} client={entry.subject_client_name} />;
}

/**
 * A user by name, with a link, or an OAuth client by name. An id without a name is that of an erased user or a deleted
 * client. A text that is not an id is shown as it is.
 */
function Who({ id, name, client }: { id: string | null; name: string | null; client: string | null }) {
  const c = useConsoleTexts();
  if (id === null) return <>–</>;
  if (name !== null) return <a href={userLink(id)}>{name}</a>;
  if (client !== null) {
    return (
      <>
        {client} <span class="under">{c.audit.oauthClient}</span>
      </>
    );
  }
  if (!isId(id)) return <>{id}</>;
  return (
    <>
      {c.audit.erased} <span class="under">{id}</span>
    </>
  );
}

function Client({ entry }: { entry: AuditEntry }) {
  const t = useTexts();
  if (entry.address === null && entry.device === null) return <>–</>;
  return (
    <>
      {entry.address ?? t.account.unknown}
      {entry.device !== null && <span class="under">{deviceName(entry.device, t)}</span>}
    </>
  );
}
