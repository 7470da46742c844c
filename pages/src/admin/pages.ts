// Lists that the service returns one page at a time.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "../account/step_up.tsx";
import type { Failure, Result } from "../api.ts";

/** A page, and the cursor of the next one. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

export interface Pages<Row> {
  rows: Row[] | undefined;
  failure: Failure | undefined;
  hasMore: boolean;
  isBusy: boolean;
  loadMore: () => void;
}

/** A page of a search may be empty although there are more, so at most this number of pages are read until one has a row. */
const MAX_EMPTY_PAGES = 20;

/**
 * Loads the first page now and whenever `key` changes, and further pages on demand. The result of an earlier search never replaces that
 * of a later one.
 */
export function usePages<Row>(key: string, load: (cursor: string | null, signal: AbortSignal) => Promise<Result<Page<Row>>>): Pages<Row> {
  const send = useSend();
  const controller = useRef(new AbortController());
  const [rows, setRows] = useState<Row[]>();
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const add = async (before: Row[], start: string | null) => {
    controller.current.abort();
    controller.current = new AbortController();
    const { signal } = controller.current;
    setBusy(true);
    let cursor = start;
    for (let page = 0; page < MAX_EMPTY_PAGES; page += 1) {
      const from = cursor;
      const result = await send(() => load(from, signal));
      if (signal.aborted || result === "leaving" || result === "cancelled") return;
      setFailure(result.failure);
      if (result.failure !== undefined) break;
      cursor = result.value.next;
      setNext(cursor);
      setRows([...before, ...result.value.rows]);
      if (result.value.rows.length > 0 || cursor === null) break;
    }
    setBusy(false);
  };
  useEffect(() => {
    void add([], null);
    return () => controller.current.abort();
  }, [key]);
  return { rows: failure === undefined ? rows : undefined, failure, hasMore: failure === undefined && next !== null, isBusy, loadMore: () => void add(rows ?? [], next) };
}
