// The place of a form for its explanation, and for what came of it. It has room for two lines, so that a message moves nothing.
import type { ComponentChildren } from "preact";

interface MessageProps {
  kind: "lead" | "notice" | "error" | "done";
  id?: string;
  children: ComponentChildren;
}

const ROLES = { lead: undefined, notice: "status", error: "alert", done: "status" } as const;

/** A text. Screen readers announce errors and results when they appear. */
export function Message({ kind, id, children }: MessageProps) {
  const role = ROLES[kind];
  return (
    <div class="message">
      <p key={kind} id={id} class={kind} role={role}>
        {children}
      </p>
    </div>
  );
}
