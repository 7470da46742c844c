// A button that copies a text, with the caption of the console.
import { CopyButton as Copy } from "../../components/copy_button.tsx";
import { useConsoleTexts } from "../texts.ts";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const c = useConsoleTexts();
  return <Copy text={text} caption={c.copy} {...(label !== undefined && { label })} />;
}
