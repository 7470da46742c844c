// How a new link that sets a password gets to its user. A link that was not sent is shown once.
import { Message } from "../../components/message.tsx";
import { formatTime } from "../../language.ts";
import type { Delivery } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { ShownOnce } from "./shown_once.tsx";

export function OneTimeLink({ delivery: { link, link_expires_at } }: { delivery: Delivery }) {
  const { link: texts } = useConsoleTexts();
  const expires = texts.expires(formatTime(link_expires_at));
  if (link === null) return <Message kind="done">{`${texts.sent} ${expires}`}</Message>;
  return <ShownOnce lead={texts.shown} label={texts.label} text={link} hint={expires} />;
}
