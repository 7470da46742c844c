// The import of users from a file: a dry run of the whole file first, then the import.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { Message } from "../../components/message.tsx";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import { Table } from "../components/table.tsx";
import { LINKS } from "../route.ts";
import { formatNumber, useConsoleTexts } from "../texts.ts";
import { COUNTS, begin, send } from "./import_file.ts";
import type { Progress, Report } from "./import_file.ts";

/** More are not shown. */
const MAX_PROBLEMS = 100;

type Step = { name: "choose" } | { name: "checked" | "done"; report: Report };

export function ImportUsers() {
  const c = useConsoleTexts();
  const [file, setFile] = useState<File>();
  const [step, setStep] = useState<Step>({ name: "choose" });
  const [done, setDone] = useState(0);
  const [all, setAll] = useState(0);
  const checking = useRef<Progress | undefined>(undefined);
  const importing = useRef<Progress | undefined>(undefined);
  const run = (current: { current: Progress | undefined }, isDryRun: boolean) => async () => {
    if (current.current === undefined) {
      const begun = await begin(file);
      if (begun.failure !== undefined) return begun;
      current.current = begun.value;
    }
    setAll(current.current.count);
    return send(current.current, isDryRun, setDone);
  };
  const check = useAction({
    request: run(checking, true),
    onDone: (report) => {
      checking.current = undefined;
      setStep({ name: "checked", report });
    },
  });
  const start = useAction({
    request: run(importing, false),
    onDone: (report) => {
      importing.current = undefined;
      setStep({ name: "done", report });
    },
  });
  const creatable = step.name === "checked" ? step.report.counts.created + step.report.counts.created_without_password : 0;
  return (
    <>
      <div class="title">
        <Heading title={c.import.title} />
        <a href={LINKS.users}>{c.back}</a>
      </div>
      <section class="card" aria-label={c.import.title}>
        <p>{c.import.lead}</p>
        <div class="field">
          <label for="file">{c.import.file}</label>
          <input
            id="file"
            type="file"
            accept=".jsonl,.ndjson,.json,application/x-ndjson"
            onChange={({ currentTarget }) => {
              setFile(currentTarget.files?.[0]);
              checking.current = undefined;
              importing.current = undefined;
              setStep({ name: "choose" });
            }}
          />
        </div>
        <div class="tools">
          <Button kind={creatable > 0 ? "secondary" : "primary"} isBusy={check.isBusy} isDisabled={file === undefined || start.isBusy} onClick={check.run}>
            {c.import.check}
          </Button>
          {step.name === "checked" && creatable > 0 && (
            <Button kind="primary" isBusy={start.isBusy} onClick={start.run}>
              {c.import.start(creatable)}
            </Button>
          )}
        </div>
        <p class="hint" role="status">
          {check.isBusy && c.import.checking(done, all)}
          {start.isBusy && c.import.importing(done, all)}
        </p>
        <Outcome failure={check.failure ?? start.failure} />
        {start.failure && <p>{c.import.interrupted}</p>}
        {step.name !== "choose" && !check.isBusy && !start.isBusy && <Result step={step} />}
      </section>
    </>
  );
}

function Result({ step: { name, report } }: { step: { name: "checked" | "done"; report: Report } }) {
  const c = useConsoleTexts();
  const { reasons } = c.import;
  return (
    <>
      <Message kind={name === "checked" ? "notice" : "done"}>{name === "checked" ? c.import.checked : c.import.done}</Message>
      <Table
        label={c.import.result}
        columns={[
          { title: c.import.result, cell: (count) => c.import.counts[count] },
          { title: c.import.number, cell: (count) => formatNumber(report.counts[count]) },
        ]}
        rows={[...COUNTS]}
        keyOf={(count) => count}
      />
      {report.problems.length > 0 && (
        <>
          <h2>{c.import.problems}</h2>
          <Table
            label={c.import.problems}
            columns={[
              { title: c.import.line, cell: ({ line }) => formatNumber(line), isCompact: true },
              { title: c.import.reason, cell: ({ reason }) => reasons[reason] },
            ]}
            rows={report.problems.slice(0, MAX_PROBLEMS)}
            keyOf={({ line }) => line}
          />
          {report.problems.length > MAX_PROBLEMS && <p class="hint">{c.import.moreProblems(report.problems.length - MAX_PROBLEMS)}</p>}
        </>
      )}
    </>
  );
}
