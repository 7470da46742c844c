// The overview: what has happened, what is stored, and whether maintenance runs.
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

function Figures({ status }: { status: Status }) {
  const { dashboard } = useConsoleTexts();
  const number = ({ count, is_exact }: Count) => (is_exact ? formatNumber(count) : dashboard.atLeast(formatNumber(count)));
  const { last_checkpoint, last_run, webhook } = status;
  const run = last_run === null ? dashboard.cronNever : last_run.is_ok ? dashboard.cronOk : dashboard.cronFailed;
  return (
    <dl class="figures">
      <Figure name={dashboard.signIns} value={number(status.sign_ins)} hint={dashboard.day} />
      <Figure name={dashboard.failures} value={number(status.failed_sign_ins)} hint={dashboard.day} />
      <Figure name={dashboard.locked} value={number(status.locked_accounts)} hint={dashboard.lockedHint} />
      <Figure name={dashboard.users} value={number(status.users)} />
      <Figure name={dashboard.storage} value={formatBytes(status.database_bytes)} hint={dashboard.storageHint} />
      <Figure name={dashboard.oldest} value={status.oldest_entry === null ? "–" : formatTime(status.oldest_entry)} />
      <Figure
        name={dashboard.checkpoint}
        value={last_checkpoint === null ? dashboard.noCheckpoint : formatTime(last_checkpoint.at)}
        hint={dashboard.afterCheckpoint(status.rows_after_checkpoint)}
      />
      <Figure name={dashboard.archived} value={formatNumber(status.archived_ranges)} />
      {webhook && <Figure name={dashboard.webhook} value={formatNumber(webhook.lag)} hint={dashboard.webhookLag(webhook.lag)} />}
      <Figure name={dashboard.cron} value={last_run === null ? "–" : formatTime(last_run.at)} hint={run} isBad={last_run !== null && !last_run.is_ok} />
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
