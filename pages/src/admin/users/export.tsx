// The export of all users as JSON Lines.
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { exportUsers } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { useConsoleTexts } from "../texts.ts";
import { useExport } from "../exporting.ts";

export function ExportUsers() {
  const c = useConsoleTexts();
  const [done, setDone] = useState<number>();
  const exporting = useExport({ name: "users", page: exportUsers, onDone: setDone });
  return (
    <div class="everywhere">
      <Button kind="secondary" isBusy={exporting.isBusy} onClick={exporting.run}>
        {c.users.exportAll}
      </Button>
      <p class="hint" role="status">
        {exporting.isBusy && c.users.exporting(exporting.lines)}
      </p>
      <Outcome failure={exporting.failure} done={done === undefined || exporting.isBusy ? undefined : c.users.exported(done)} />
    </div>
  );
}
