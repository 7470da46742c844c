// Challenges that the page fetches in advance, so that a click leads to the prompt at once. Safari refuses a prompt that comes too
// long after the click.
import type { Result } from "../api.ts";

/** The service accepts a challenge for five minutes. The user needs a part of this time for the prompt. */
const MAX_AGE_MS = 4 * 60_000;

export class Challenges<T> {
  readonly #load: () => Promise<Result<T>>;
  #kept: { value: T; at: number } | undefined;
  #loading: Promise<Result<T>> | undefined;

  constructor(load: () => Promise<Result<T>>, first?: T) {
    this.#load = load;
    if (first !== undefined) this.#keep(first);
  }

  /** Milliseconds for which the kept challenge may still be used. */
  get millisecondsLeft(): number {
    return this.#kept === undefined ? 0 : Math.max(0, this.#kept.at + MAX_AGE_MS - performance.now());
  }

  /** The challenge that was not sent yet, or a new one. */
  async current(): Promise<Result<T>> {
    if (this.#kept !== undefined && this.millisecondsLeft > 0) return { value: this.#kept.value };
    // A click does not repeat the request that is on its way.
    this.#loading ??= this.#next();
    return this.#loading;
  }

  async #next(): Promise<Result<T>> {
    const loaded = await this.#load();
    this.#loading = undefined;
    if (loaded.failure === undefined) this.#keep(loaded.value);
    return loaded;
  }

  /** The current challenge is about to be sent. The service accepts it once, so it is not kept. */
  spend(): void {
    this.#kept = undefined;
  }

  #keep(value: T): void {
    this.#kept = { value, at: performance.now() };
  }
}
