// The data of a user: exported to a file, or erased.
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { useAsk } from "../../components/questions.tsx";
import { datedName, download } from "../../download.ts";
import { eraseUser, exportUser } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";
import { liveSessions } from "./live_sessions.ts";

export function Data(props: SectionProps & { onErased: () => void }) {
  const c = useConsoleTexts();
  return (
    <section class="card" aria-labelledby="data">
      <h2 id="data">{c.user.data}</h2>
      <ExportData {...props} />
      {props.permissions.canRemove && <Erase {...props} />}
    </section>
  );
}

function ExportData({ user }: SectionProps) {
  const { user: texts } = useConsoleTexts();
  const action = useAction({
    request: () => exportUser(user.id),
    // The name of a file can end up in logs, so it has the id only.
    onDone: (data) => download(datedName(`user-${user.id}`, "json"), [JSON.stringify(data, null, 2)], "application/json"),
  });
  return (
    <div class="change">
      <Button kind="secondary" isBusy={action.isBusy} onClick={action.run}>
        {texts.export.submit}
      </Button>
      <p class="hint">{texts.export.hint}</p>
      <Outcome failure={action.failure} />
    </div>
  );
}

function Erase({ user, permissions, onErased, onChanged }: SectionProps & { onErased: () => void }) {
  const c = useConsoleTexts();
  const ask = useAsk();
  const texts = c.user.erase;
  const action = useAction({
    ask: async () =>
      ask({
        title: texts.title(user.username),
        consequences: [c.user.sessions.ends(await liveSessions(user.id)), ...texts.consequences, ...(permissions.isManagedElsewhere ? [texts.directory] : [])],
        confirm: texts.submit,
        typed: { label: texts.typed(user.username), text: user.username },
      }),
    request: () => eraseUser(user.id, user.version),
    onDone: onErased,
    onFailure: onChanged,
  });
  return (
    <div class="change">
      <Button kind="danger" isBusy={action.isBusy} onClick={action.run}>
        {texts.submit}
      </Button>
      <p class="hint">{texts.hint}</p>
      <Outcome failure={action.failure} />
    </div>
  );
}
