// A button that copies a text.
import { useState } from "preact/hooks";
import { useTexts } from "../language.ts";
import { Button } from "./button.tsx";

interface CopyButtonProps {
  text: string;
  caption: string;
  /** The name of the button, if its caption does not say what it copies. */
  label?: string;
}

export function CopyButton({ text, caption, label }: CopyButtonProps) {
  const t = useTexts();
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
        {caption}
      </Button>
      <span role="status" class="hint">
        {result === "copied" && t.copied}
        {result === "failed" && t.copyFailed}
      </span>
    </div>
  );
}
