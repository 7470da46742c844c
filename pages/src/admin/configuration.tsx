// The configuration: whether each variable is set and can be rotated. It never shows a value.
import { useState } from "preact/hooks";
import { useTexts } from "../language.ts";
import { loadStatus } from "./client.ts";
import { Heading } from "./components/heading.tsx";
import { Outcome } from "./components/outcome.tsx";
import { Select } from "./components/select.tsx";
import { Table } from "./components/table.tsx";
import type { Column } from "./components/table.tsx";
import type { Status } from "./contract.ts";
import { formatNumber, useConsoleTexts } from "./texts.ts";
import { useLoaded } from "./work.ts";

interface Setting {
  name: string;
  kind: "variable" | "secret" | "binding";
  is_set: boolean;
  is_required: boolean;
  rotates: boolean;
}

function settingsOf({ variables, bindings }: Status): Setting[] {
  return [
    ...variables.map(({ is_secret, ...variable }) => ({ ...variable, kind: is_secret ? ("secret" as const) : ("variable" as const) })),
    ...bindings.map((binding) => ({ ...binding, kind: "binding" as const, is_required: false, rotates: false })),
  ];
}

type Shown = "all" | "set" | "missing";

export function Configuration() {
  const t = useTexts();
  const { configuration, yes } = useConsoleTexts();
  const [shown, setShown] = useState<Shown>("all");
  const status = useLoaded("", loadStatus);
  const settings = status.value && settingsOf(status.value).filter(({ is_set }) => shown === "all" || is_set === (shown === "set"));
  const columns: Column<Setting>[] = [
    { title: configuration.name, cell: ({ name }) => <code>{name}</code> },
    { title: configuration.kind, cell: ({ kind }) => configuration.kinds[kind] },
    {
      title: configuration.state,
      cell: ({ is_set, is_required }) =>
        is_set ? (
          <span class="badge">{configuration.set}</span>
        ) : (
          <span class={is_required ? "badge bad" : "badge neutral"}>{is_required ? configuration.missing : configuration.notSet}</span>
        ),
    },
    { title: configuration.rotates, cell: ({ rotates }) => (rotates ? yes : "–") },
  ];
  return (
    <>
      <div class="title">
        <Heading title={configuration.title} />
      </div>
      <section class="card" aria-label={configuration.title}>
        <p>{configuration.lead}</p>
        <Outcome failure={status.failure} />
        {status.value === undefined && status.failure === undefined && <p role="status">{t.loading}</p>}
        {settings && (
          <>
            <div class="filters">
              <Select
                label={configuration.filter}
                name="shown"
                value={shown}
                options={[["all", configuration.all], ["set", configuration.onlySet], ["missing", configuration.onlyMissing]]}
                onChange={setShown}
              />
            </div>
            {shown === "all" && status.value && <FactorHealth status={status.value} />}
            <p class="hint">{`${configuration.rotates}: ${configuration.rotatesHint}`}</p>
            <Table label={configuration.title} columns={columns} rows={settings} keyOf={({ name }) => name} />
          </>
        )}
      </section>
    </>
  );
}

/** Whether second factors work as they are configured. */
function FactorHealth({ status: { factors, variables } }: { status: Status }) {
  const { configuration, dashboard } = useConsoleTexts();
  const isSet = (wanted: string) => variables.some(({ name, is_set }) => name === wanted && is_set);
  const { count, is_limited } = factors.totp_of_other_keys;
  const number = formatNumber(count);
  return (
    <>
      <p class="hint">{`${configuration.policy}: ${isSet("MFA_POLICY") ? configuration.policySet : configuration.policyNotSet}`}</p>
      {!isSet("FACTOR_KEY") && <p class="note">{configuration.noFactorKey}</p>}
      {count > 0 && <p class="note">{configuration.reseal(is_limited ? dashboard.atLeast(number) : number)}</p>}
    </>
  );
}
