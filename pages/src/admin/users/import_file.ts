// A file of users, sent in parts that a request may hold.
import type { Result } from "../../api.ts";
import { importUsers } from "../client.ts";
import type { LineProblem } from "../contract.ts";
import { patiently } from "../work.ts";

/** Maximum number of bytes of a request. */
const MAX_BYTES = 1024 * 1024;

/** Maximum number of lines of a request. */
const MAX_LINES = 500;

interface Chunk {
  lines: string[];
  /** The number of lines before this part. */
  before: number;
}

interface Lines {
  chunks: Chunk[];
  count: number;
}

/** What is counted, in the order in which it is shown. */
export const COUNTS = ["created", "created_without_password", "existing", "refused"] as const;

export interface Report {
  counts: Record<(typeof COUNTS)[number], number>;
  problems: { line: number; reason: LineProblem }[];
}

/** How far an import is. It goes on from there if it was interrupted. */
export interface Progress {
  chunks: Chunk[];
  /** The number of lines of the file. */
  count: number;
  /** The part that is sent next. */
  next: number;
  report: Report;
}

/** An import of the file that has not begun. */
export async function begin(file: File | undefined): Promise<Result<Progress>> {
  try {
    const lines = split((await file?.text()) ?? "");
    return { value: { ...lines, next: 0, report: { counts: { created: 0, created_without_password: 0, existing: 0, refused: 0 }, problems: [] } } };
  } catch {
    return { failure: { code: "unreadable_file", status: 0, retryAfter: null } };
  }
}

export function split(text: string): Lines {
  const lines = text.replace(/\r?\n$/, "").split("\n");
  const encoder = new TextEncoder();
  const chunks: Chunk[] = [];
  let chunk: Chunk = { lines: [], before: 0 };
  let bytes = 0;
  for (const [index, line] of lines.entries()) {
    const length = encoder.encode(line).length + 1;
    if (chunk.lines.length > 0 && (bytes + length > MAX_BYTES || chunk.lines.length >= MAX_LINES)) {
      chunks.push(chunk);
      chunk = { lines: [], before: index };
      bytes = 0;
    }
    chunk.lines.push(line);
    bytes += length;
  }
  chunks.push(chunk);
  return { chunks, count: lines.length };
}

/** Sends the parts that are left one after the other, and adds their reports up. */
export async function send(progress: Progress, isDryRun: boolean, onProgress: (lines: number) => void): Promise<Result<Report>> {
  const { chunks, report } = progress;
  for (let chunk = chunks[progress.next]; chunk !== undefined; chunk = chunks[progress.next]) {
    const { lines, before } = chunk;
    onProgress(before);
    const result = await patiently(() => importUsers(`${lines.join("\n")}\n`, isDryRun));
    if (result.failure !== undefined) return result;
    for (const name of COUNTS) report.counts[name] += result.value[name];
    for (const { line, outcome } of result.value.lines) {
      if (outcome === "created" || outcome === "created_without_password" || outcome === "exists") continue;
      report.problems.push({ line: line + before, reason: outcome });
    }
    progress.next += 1;
  }
  return { value: report };
}
