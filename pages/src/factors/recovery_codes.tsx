// New recovery codes. They are shown once, so the user has to confirm that they are stored.
import { useId, useState } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy_button.tsx";
import { Message } from "../components/message.tsx";
import { datedName, download } from "../download.ts";
import { useTexts } from "../language.ts";

interface RecoveryCodesProps {
  codes: string[];
  /** The name of the service. */
  service: string;
  onStored: () => void;
}

/** The heading is that of the page or of the dialog around it. */
export function RecoveryCodes({ codes, service, onStored }: RecoveryCodesProps) {
  const { factors: { recovery } } = useTexts();
  const id = useId();
  const [isStored, setStored] = useState(false);
  const [isReminded, setReminded] = useState(false);
  const save = () => {
    const lines = [recovery.fileHeading(service), recovery.fileLead, "", ...codes, ""];
    download(datedName(recovery.fileName, "txt"), [lines.join("\r\n")], "text/plain;charset=utf-8");
  };
  return (
    <>
      <p>{recovery.what}</p>
      <p>{recovery.where}</p>
      <ul class="recovery" aria-label={recovery.list}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div class="tools">
        <CopyButton text={codes.join("\n")} caption={recovery.copy} />
        <Button kind="secondary" onClick={save}>
          {recovery.download}
        </Button>
      </div>
      <div class="check">
        <input
          id={id}
          type="checkbox"
          checked={isStored}
          aria-describedby={isReminded && !isStored ? `${id}-error` : undefined}
          onChange={({ currentTarget }) => setStored(currentTarget.checked)}
        />
        <label for={id}>{recovery.stored}</label>
      </div>
      {isReminded && !isStored && (
        <Message kind="error" id={`${id}-error`}>
          {recovery.storeFirst}
        </Message>
      )}
      <Button kind="primary" onClick={() => (isStored ? onStored() : setReminded(true))}>
        {recovery.finish}
      </Button>
    </>
  );
}
