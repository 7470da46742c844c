// The masked credentials of the service, with programs to copy. Each view is recorded, so nothing is loaded before a click.
import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import type { Result } from "../api.ts";
import { Button } from "../components/button.tsx";
import { loadAwsCredentials, loadNvidiaCredentials } from "./client.ts";
import { CopyButton } from "./components/copy_button.tsx";
import { Heading } from "./components/heading.tsx";
import { Outcome } from "./components/outcome.tsx";
import { useConsoleTexts } from "./texts.ts";
import type { ConsoleTexts } from "./texts.ts";

type FieldName = keyof ConsoleTexts["credentials"]["fields"];

type Programs = { curlExample: string; nodeExample: string; pythonExample: string };

type Shown = Programs & Partial<Record<FieldName, string>>;

/** The other fields are masked, or are no values of a program. */
const COPIED: FieldName[] = ["accessKeyId", "region", "endpoint", "baseUrl"];

export function Credentials() {
  const { credentials } = useConsoleTexts();
  return (
    <>
      <div class="title">
        <Heading title={credentials.title} />
      </div>
      <p>{credentials.lead}</p>
      <Provider name="AWS" fields={["accessKeyId", "secretAccessKey", "region", "authMethod", "endpoint"]} load={loadAwsCredentials} />
      <Provider name="NVIDIA" fields={["apiKey", "baseUrl", "endpoint"]} load={loadNvidiaCredentials} />
    </>
  );
}

interface ProviderProps {
  name: string;
  fields: FieldName[];
  load: () => Promise<Result<{ credentials: Shown }>>;
}

function Provider({ name, fields, load }: ProviderProps) {
  const { credentials: texts } = useConsoleTexts();
  const [shown, setShown] = useState<Shown>();
  const action = useAction({ request: load, onDone: ({ credentials }) => setShown(credentials) });
  const programs: [language: string, program: string][] = shown
    ? [["curl", shown.curlExample], ["Node.js", shown.nodeExample], ["Python", shown.pythonExample]]
    : [];
  return (
    <section class="card" aria-labelledby={name}>
      <h2 id={name}>{name}</h2>
      <Outcome failure={action.failure} />
      {shown === undefined && (
        <div class="tools">
          <Button kind="secondary" isBusy={action.isBusy} onClick={action.run}>
            {texts.show(name)}
          </Button>
        </div>
      )}
      {shown && (
        <dl class="copies">
          {fields.map((field) => (
            <div key={field}>
              <dt>{texts.fields[field]}</dt>
              <dd>
                <code>{shown[field]}</code>
              </dd>
              {COPIED.includes(field) && (
                <dd>
                  <CopyButton text={shown[field] ?? ""} label={texts.copyLabel(texts.fields[field])} />
                </dd>
              )}
            </div>
          ))}
        </dl>
      )}
      {programs.map(([language, program]) => (
        <details key={language}>
          <summary>{texts.program(language)}</summary>
          <pre tabIndex={0} aria-label={texts.program(language)} role="region">
            <code>{program}</code>
          </pre>
          <CopyButton text={program} label={texts.copyLabel(texts.program(language))} />
        </details>
      ))}
    </section>
  );
}
