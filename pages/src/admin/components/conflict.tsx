// What another administrator has saved since a page was opened, beside what this one has entered.
import type { ComponentChildren } from "preact";
import { Button } from "../../components/button.tsx";
import { useConsoleTexts } from "../texts.ts";
import { Table } from "./table.tsx";
import type { Column } from "./table.tsx";

/** A field that one of the two has changed. */
export interface Difference {
  label: string;
  theirs: ComponentChildren;
  /** `undefined` if this administrator has not changed it. */
  yours: ComponentChildren;
}

interface ConflictProps {
  title: string;
  differences: Difference[];
  isBusy: boolean;
  onDiscard: () => void;
}

/** For a form whose button saves the changes in spite of the conflict. */
export function Conflict({ title, differences, isBusy, onDiscard }: ConflictProps) {
  const { conflict } = useConsoleTexts();
  const columns: Column<Difference>[] = [
    { title: conflict.field, cell: ({ label }) => label },
    { title: conflict.theirs, cell: ({ theirs }) => theirs },
    { title: conflict.yours, cell: ({ yours }) => yours ?? conflict.unchanged },
  ];
  return (
    <div class="conflict" role="alert">
      <h3>{title}</h3>
      <p>{conflict.lead}</p>
      {differences.length > 0 && <Table label={title} columns={columns} rows={differences} keyOf={({ label }) => label} />}
      <div class="tools">
        <Button kind="primary" isBusy={isBusy}>
          {conflict.overwrite}
        </Button>
        <Button kind="secondary" onClick={onDiscard}>
          {conflict.discard}
        </Button>
      </div>
    </div>
  );
}
