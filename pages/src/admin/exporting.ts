// Exports in pages, which the browser puts together to one file.
import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import type { Failure, Result } from "../api.ts";
import { datedName, download } from "../download.ts";
import type { ExportPage } from "./client.ts";
import { patiently } from "./work.ts";

interface ExportSteps {
  /** The beginning of the name of the file. */
  name: string;
  page: (cursor: string | null) => Promise<Result<ExportPage>>;
  onDone: (lines: number) => void;
}

export interface Export {
  isBusy: boolean;
  failure: Failure | undefined;
  /** Number of lines so far. */
  lines: number;
  run: () => void;
}

export function useExport({ name, page, onDone }: ExportSteps): Export {
  const [lines, setLines] = useState(0);
  const action = useAction({
    request: async () => {
      setLines(0);
      return allPages(page, setLines);
    },
    onDone: ({ parts, count }) => {
      download(datedName(name, "jsonl"), parts, "application/x-ndjson");
      onDone(count);
    },
  });
  return { isBusy: action.isBusy, failure: action.failure, lines, run: action.run };
}

async function allPages(page: ExportSteps["page"], onProgress: (lines: number) => void): Promise<Result<{ parts: string[]; count: number }>> {
  const parts: string[] = [];
  let count = 0;
  for (let cursor: string | null = null; ; ) {
    const result: Result<ExportPage> = await patiently(() => page(cursor));
    if (result.failure !== undefined) return result;
    parts.push(result.value.lines);
    count += result.value.lines.split("\n").filter((line) => line !== "").length;
    onProgress(count);
    cursor = result.value.next;
    if (cursor === null) return { value: { parts, count } };
  }
}
