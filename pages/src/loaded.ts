// How parts of a page load data.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "./account/step_up.tsx";
import type { Failure, Result } from "./api.ts";

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
