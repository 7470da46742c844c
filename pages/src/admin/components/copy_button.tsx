// A button that copies a text.
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { useConsoleTexts } from "../texts.ts";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const c = useConsoleTexts();
  const [result, setResult] = useState<"copied" | "failed">();
  const copy = () => {
    setResult(undefined);
    navigator.clipboard.writeText(text).then(
      () => setResult("copied"),
      () => setResult("failed"),
    );
  };
  return (
    <div class="copy">
      <Button kind="secondary" onClick={copy} {...(label !== undefined && { label })}>
        {c.copy}
      </Button>
      <span role="status" class="hint">
        {result === "copied" && c.copied}
        {result === "failed" && c.copyFailed}
      </span>
    </div>
  );
}
