// How a new link that sets a password gets to its user. A link that was not sent is shown once.
import { useId } from "preact/hooks";
import { Message } from "../../components/message.tsx";
import { formatTime } from "../../language.ts";
import type { Delivery } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { CopyButton } from "./copy_button.tsx";

export function OneTimeLink({ delivery: { link, link_expires_at } }: { delivery: Delivery }) {
  const c = useConsoleTexts();
  const id = useId();
  if (link === null) return <Message kind="done">{`${c.link.sent} ${c.link.expires(formatTime(link_expires_at))}`}</Message>;
  return (
    <div class="link">
      <Message kind="notice">{c.link.shown}</Message>
      <div class="field">
        <label for={id}>{c.link.label}</label>
        <input id={id} type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
        <p class="hint">{c.link.expires(formatTime(link_expires_at))}</p>
      </div>
      <CopyButton text={link} label={`${c.copy}: ${c.link.label}`} />
    </div>
  );
}
