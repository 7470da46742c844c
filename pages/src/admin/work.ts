// How the views load data and run actions.
import { useEffect, useRef, useState } from "preact/hooks";
import { useSend } from "../account/step_up.tsx";
import type { Failure, Result } from "../api.ts";
import { useSubmission } from "../submission.ts";

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

export interface Action {
  isBusy: boolean;
  isSlow: boolean;
  failure: Failure | undefined;
  run: () => void;
}

interface ActionSteps<T> {
  /** Asks the user whether to go on. */
  ask?: () => Promise<boolean>;
  /** `undefined` if there is nothing to send. */
  request: () => Promise<Result<T>> | undefined;
  onDone: (value: T) => void;
  onFailure?: (failure: Failure) => void;
}

/** An action that the user starts. It runs once at a time. */
export function useAction<T>({ ask, request, onDone, onFailure }: ActionSteps<T>): Action {
  const send = useSend();
  const [failure, setFailure] = useState<Failure>();
  const submission = useSubmission(async () => {
    setFailure(undefined);
    const first = request();
    if (first === undefined) return undefined;
    let isSent = false;
    const result = await send(() => {
      // The step-up repeats the request.
      const next = isSent ? request() : first;
      isSent = true;
      return next ?? first;
    });
    if (result === "leaving") return "leaving";
    if (result === "cancelled") return undefined;
    if (result.failure === undefined) onDone(result.value);
    else {
      setFailure(result.failure);
      onFailure?.(result.failure);
    }
    return undefined;
  });
  const run = () => {
    if (ask === undefined) return submission.run();
    void ask().then((isConfirmed) => isConfirmed && submission.run());
  };
  return { isBusy: submission.isBusy, isSlow: submission.isSlow, failure, run };
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
