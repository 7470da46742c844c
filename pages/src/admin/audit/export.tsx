// The export of the audit log as JSON Lines.
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { exportAudit } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { useExport } from "../exporting.ts";
import { useConsoleTexts } from "../texts.ts";

export function ExportAudit() {
  const { audit } = useConsoleTexts();
  const [done, setDone] = useState<number>();
  const exporting = useExport({ name: "audit", page: exportAudit, onDone: setDone });
  return (
    <div class="change">
      <Button kind="secondary" isBusy={exporting.isBusy} onClick={exporting.run}>
        {audit.export}
      </Button>
      <p class="hint" role="status">
        {exporting.isBusy && audit.exporting(exporting.lines)}
      </p>
      <Outcome failure={exporting.failure} done={done === undefined || exporting.isBusy ? undefined : audit.exported(done)} />
    </div>
  );
}
