// A secret text that is shown once, with a button that copies it.
import { useId } from "preact/hooks";
import { Message } from "../../components/message.tsx";
import { useConsoleTexts } from "../texts.ts";
import { CopyButton } from "./copy_button.tsx";

interface ShownOnceProps {
  lead: string;
  label: string;
  text: string;
  hint?: string;
}

export function ShownOnce({ lead, label, text, hint }: ShownOnceProps) {
  const c = useConsoleTexts();
  const id = useId();
  return (
    <div class="link">
      <Message kind="notice">{lead}</Message>
      <div class="field">
        <label for={id}>{label}</label>
        <input id={id} class="key" type="text" readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
        {hint !== undefined && <p class="hint">{hint}</p>}
      </div>
      <CopyButton text={text} label={`${c.copy}: ${label}`} />
    </div>
  );
}
