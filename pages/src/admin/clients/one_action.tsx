// A section with one action and its result.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Action } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { Outcome } from "../components/outcome.tsx";

interface OneActionProps {
  title: string;
  kind: "secondary" | "danger";
  /** The text of the button. */
  submit: string;
  hint?: string;
  action: Action;
  done?: string | undefined;
  children?: ComponentChildren;
}

export function OneAction({ title, kind, submit, hint, action, done, children }: OneActionProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="change">
        <Button kind={kind} isBusy={action.isBusy} onClick={action.run}>
          {submit}
        </Button>
        {hint !== undefined && <p class="hint">{hint}</p>}
        <Outcome failure={action.failure} done={done} />
        {children}
      </div>
    </section>
  );
}
