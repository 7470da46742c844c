// A table. On narrow screens each row becomes a block, in which every cell is preceded by the title of its column.
import type { ComponentChildren } from "preact";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Whether the column is as narrow as its content, which then does not wrap. */
  isCompact?: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string | number;
}

/** The roles are stated because the style changes `display`, and some browsers then drop the roles of the elements. The first column names the row. */
export function Table<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title }) => (
            <th key={title} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map(({ title, cell, isCompact }, index) =>
              index === 0 ? (
                <th key={title} role="rowheader" scope="row" class={isCompact ? "compact" : undefined} data-title={title}>
                  {cell(row)}
                </th>
              ) : (
                <td key={title} role="cell" class={isCompact ? "compact" : undefined} data-title={title}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
