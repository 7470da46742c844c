// The submission of a form: at most one at a time, with the time that it takes.
import { useEffect, useRef, useState } from "preact/hooks";

export interface Submission {
  isBusy: boolean;
  /** Whether it takes longer than usual, which the page then says. */
  isSlow: boolean;
  /** Runs the action, unless one is running. */
  run: () => void;
}

const SLOW_AFTER_MS = 3_000;

/** An action that is not started again while it runs. It stays marked as running if it resolves to `leaving`. */
export function useSubmission(action: () => Promise<"leaving" | undefined>): Submission {
  const [isBusy, setBusy] = useState(false);
  const [isSlow, setSlow] = useState(false);
  // A second click can arrive before the button is rendered as disabled.
  const isRunning = useRef(false);
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    const timer = setTimeout(() => setSlow(true), SLOW_AFTER_MS);
    const outcome = await action();
    clearTimeout(timer);
    if (outcome === "leaving") return;
    isRunning.current = false;
    setSlow(false);
    setBusy(false);
  };
  return { isBusy, isSlow, run: () => void run() };
}

/** The seconds that are left of a countdown, and the function that starts it. */
export function useCountdown(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  const [end, setEnd] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      setLeft(seconds);
      if (seconds === 0) clearInterval(timer);
    }, 200);
    return () => clearInterval(timer);
  }, [end]);
  const start = (seconds: number) => {
    setEnd(performance.now() + seconds * 1000);
    setLeft(seconds);
  };
  return [left, start];
}
