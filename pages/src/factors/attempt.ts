// An attempt to prove something to the service, with what follows from its result.
import { useState } from "preact/hooks";
import type { Failure, Result } from "../api.ts";
import { useCountdown, useSubmission } from "../submission.ts";
import type { Submission } from "../submission.ts";

export interface AttemptSteps<T> {
  request: () => Promise<Result<T>>;
  onDone: (value: T) => void;
  /** Handles a failure after which trying again makes no sense. Returns whether the failure was of this kind. */
  onFailure?: (failure: Failure) => boolean;
}

export interface Attempt {
  submission: Submission;
  failure: Failure | undefined;
  /** Seconds until the next attempt is possible. */
  secondsLeft: number;
}

export function useAttempt<T>({ request, onDone, onFailure }: AttemptSteps<T>): Attempt {
  const [failure, setFailure] = useState<Failure>();
  const [secondsLeft, wait] = useCountdown();
  const submission = useSubmission(async () => {
    // A message that stays the same would not be announced again.
    setFailure(undefined);
    const result = await request();
    if (result.failure === undefined) {
      onDone(result.value);
      return "leaving";
    }
    if (onFailure?.(result.failure)) return "leaving";
    setFailure(result.failure);
    if (result.failure.status === 429) wait(result.failure.retryAfter ?? 60);
    return undefined;
  });
  return { submission, failure, secondsLeft };
}
