// What a search has found: the number of rows, a table, and a button that loads more.
import type { ComponentChildren } from "preact";
import { Button } from "../../components/button.tsx";
import type { Pages } from "../pages.ts";
import { useConsoleTexts } from "../texts.ts";
import { Outcome } from "./outcome.tsx";

interface FoundProps<Row> {
  found: Pages<Row>;
  empty: string;
  shown: (number: number, hasMore: boolean) => string;
  table: (rows: Row[]) => ComponentChildren;
}

export function Found<Row>({ found, empty, shown, table }: FoundProps<Row>) {
  const c = useConsoleTexts();
  const { rows } = found;
  return (
    <>
      <Outcome failure={found.failure} />
      <p role="status" class="hint">
        {rows !== undefined && (rows.length === 0 ? empty : shown(rows.length, found.hasMore))}
      </p>
      {rows !== undefined && rows.length > 0 && table(rows)}
      {found.hasMore && (
        <div class="tools">
          <Button kind="secondary" isBusy={found.isBusy} onClick={found.loadMore}>
            {c.more}
          </Button>
        </div>
      )}
    </>
  );
}
