// Passkeys among the suggestions of the field for the user name (WebAuthn's conditional mediation).
import { CANCELLED, hasAutofill, suggestPasskeys } from "./prompt.ts";
import type { RequestChallenge, SignedChallenge } from "./prompt.ts";
import type { Challenges } from "./challenges.ts";

/** If a prompt ends sooner, the user has not cancelled it: the browser has refused it, and would refuse it again. */
const MIN_PROMPT_MS = 1_000;

/** The suggestions. They are offered from `start` until `stop`, or until the user chooses one. */
export class Autofill {
  readonly #challenges: Challenges<RequestChallenge>;
  readonly #onChosen: (signed: SignedChallenge) => void;
  #running: AbortController | undefined;

  constructor(challenges: Challenges<RequestChallenge>, onChosen: (signed: SignedChallenge) => void) {
    this.#challenges = challenges;
    this.#onChosen = onChosen;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const controller = new AbortController();
    this.#running = controller;
    void this.#offer(controller.signal);
  }

  /** Browsers refuse a prompt while the suggestions are offered. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #offer(stopped: AbortSignal): Promise<void> {
    if (!(await hasAutofill())) return;
    while (!stopped.aborted) {
      const challenge = await this.#challenges.current();
      // The button for a passkey reports why there is no challenge.
      if (challenge.failure !== undefined || stopped.aborted) return;
      const renewal = new AbortController();
      const begin = performance.now();
      const cancelRenewal = whenStale(this.#challenges.millisecondsLeft, () => renewal.abort());
      const signed = await suggestPasskeys(challenge.value, AbortSignal.any([stopped, renewal.signal]));
      cancelRenewal();
      if (stopped.aborted) return;
      if (signed.failure === undefined) {
        this.#challenges.spend();
        this.stop();
        return this.#onChosen(signed.value);
      }
      const isCancelled = signed.failure.code === CANCELLED && performance.now() - begin > MIN_PROMPT_MS;
      if (!renewal.signal.aborted && !isCancelled) return;
    }
  }
}

/** Calls the function when the time has passed and the page is visible. A hidden page needs no new challenge. */
function whenStale(milliseconds: number, renew: () => void): () => void {
  const renewIfVisible = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", renewIfVisible);
    renew();
  };
  const timer = setTimeout(() => {
    document.addEventListener("visibilitychange", renewIfVisible);
    renewIfVisible();
  }, milliseconds);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", renewIfVisible);
  };
}
