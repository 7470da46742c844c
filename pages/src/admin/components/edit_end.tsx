// The end of a form that changes something: the button that saves and its result, or the conflict with another administrator.
import { Button } from "../../components/button.tsx";
import type { Edit } from "../editing.ts";
import { useConsoleTexts } from "../texts.ts";
import { Conflict } from "./conflict.tsx";
import type { Difference } from "./conflict.tsx";
import { Outcome } from "./outcome.tsx";

interface EditEndProps<T> {
  edit: Edit<T>;
  messageId: string;
  /** The title of a conflict. */
  title: string;
  differences: (newer: T) => Difference[];
}

export function EditEnd<T>({ edit, messageId, title, differences }: EditEndProps<T>) {
  const c = useConsoleTexts();
  if (edit.newer !== undefined) return <Conflict title={title} differences={differences(edit.newer)} isBusy={edit.isBusy} onDiscard={edit.discard} />;
  return (
    <>
      <Outcome failure={edit.refusal} done={edit.isSaved ? c.saved : undefined} id={messageId} />
      <div class="tools">
        <Button kind="primary" isBusy={edit.isBusy}>
          {c.save}
        </Button>
      </div>
    </>
  );
}
