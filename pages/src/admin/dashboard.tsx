// The overview: recent sign-ins, stored data, and the last maintenance.
import { formatTime, useTexts } from "../language.ts";
import { loadStatus } from "./client.ts";
import { Heading } from "./components/heading.tsx";
import { Outcome } from "./components/outcome.tsx";
import type { Count, Status } from "./contract.ts";
import { formatBytes, formatNumber, useConsoleTexts } from "./texts.ts";
import { useLoaded } from "./work.ts";

export function Dashboard() {
  const t = useTexts();
  const c = useConsoleTexts();
  const status = useLoaded("", loadStatus);
  return (
    <>
      <div class="title">
        <Heading title={c.dashboard.title} />
      </div>
      <Outcome failure={status.failure} />
      {status.value === undefined && status.failure === undefined && <p role="status">{t.loading}</p>}
      {status.value && <Figures status={status.value} />}
    </>
  );
}

function Figures({ status: { sign_ins, failed_sign_ins, locked_accounts, users, database_bytes, audit, webhook, cron } }: { status: Status }) {
  const { dashboard } = useConsoleTexts();
  const number = ({ count, is_limited }: Count) => (is_limited ? dashboard.atLeast(formatNumber(count)) : formatNumber(count));
  const time = (text: string | null | undefined) => (text ? formatTime(text) : "–");
  const hasFailed = cron !== null && cron.failed.length > 0;
  return (
    <dl class="figures">
      <Figure name={dashboard.signIns} value={number(sign_ins)} hint={dashboard.day} />
      <Figure name={dashboard.failures} value={number(failed_sign_ins)} hint={dashboard.day} />
      <Figure name={dashboard.locked} value={number(locked_accounts)} hint={dashboard.lockedHint} />
      <Figure name={dashboard.users} value={number(users)} />
      <Figure name={dashboard.storage} value={formatBytes(database_bytes)} hint={dashboard.storageHint} />
      <Figure name={dashboard.oldest} value={time(audit.oldest_entry)} />
      <Figure
        name={dashboard.checkpoint}
        value={audit.last_checkpoint === null ? dashboard.noCheckpoint : formatTime(audit.last_checkpoint)}
        hint={dashboard.afterCheckpoint(audit.rows_after_checkpoint)}
      />
      <Figure name={dashboard.archived} value={formatNumber(audit.archives)} />
      {webhook.lag !== null && <Figure name={dashboard.webhook} value={time(webhook.last_sent_at)} hint={dashboard.webhookLag(webhook.lag)} />}
      <Figure
        name={dashboard.cron}
        value={time(cron?.ended_at)}
        hint={cron === null ? dashboard.cronNever : hasFailed ? dashboard.cronFailed(cron.failed.join(", ")) : dashboard.cronOk}
        isBad={hasFailed}
      />
    </dl>
  );
}

interface FigureProps {
  name: string;
  value: string;
  hint?: string;
  isBad?: boolean;
}

function Figure({ name, value, hint, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? "card bad" : "card"}>
      <dt>{name}</dt>
      <dd class="figure">{value}</dd>
      {hint && <dd class="hint">{hint}</dd>}
    </div>
  );
}
