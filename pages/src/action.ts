// Actions that the user starts with a button.
import { useState } from "preact/hooks";
import { useSend } from "./account/step_up.tsx";
import type { Failure, Result } from "./api.ts";
import { useSubmission } from "./submission.ts";

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
