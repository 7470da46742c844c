// How the views load data, and wait for the service.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "../account/step_up.tsx";
import type { Failure, Result } from "../api.ts";

export interface Loaded<T> {
  value: T | undefined;
  failure: Failure | undefined;
  reload: () => void;
}

/** Loads a value now and whenever `key` changes. The result of an earlier load never replaces that of a later one. */
export function useLoaded<T>(key: string, load: () => Promise<Result<T>>): Loaded<T> {
  const send = useSend();
  const latest = useRef(0);
  const [result, setResult] = useState<Result<T>>();
  const reload = () => {
    latest.current += 1;
    const own = latest.current;
    void send(load).then((loaded) => {
      if (own === latest.current && loaded !== "leaving" && loaded !== "cancelled") setResult(loaded);
    });
  };
  useEffect(() => {
    setResult(undefined);
    reload();
    return () => void (latest.current += 1);
  }, [key]);
  return { value: result?.value, failure: result?.failure, reload };
}

/** The value, once it has not changed for a moment. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** More waits would mean that something else is wrong. */
const MAX_WAITS = 20;

/** Sends one of many requests. If the rate limit refuses it, waits as long as the service says, and sends it again. */
export async function patiently<T>(request: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let waits = 0; ; waits += 1) {
    const result = await request();
    const { failure } = result;
    if (failure?.code !== "rate_limited" || waits >= MAX_WAITS) return result;
    await new Promise((resolve) => setTimeout(resolve, (failure.retryAfter ?? 60) * 1000));
  }
}
