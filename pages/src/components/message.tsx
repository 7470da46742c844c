// The line of a form that shows its explanation or its result. It has room for two lines, so that a message does not move the form.
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
