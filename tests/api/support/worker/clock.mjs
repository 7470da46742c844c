// The clock of each test. It stands still from the first request of the test, so that no limit is reached because the machine is
// slow, and a test can shift it or let it run. The clock of the server, for requests of no test, runs until it is stopped. This module
// is imported before the Worker, so that code which stores `Date` or `Date.now` at load time stores these. Timers are not affected,
// and neither is the clock inside D1 (`datetime('now')`). `bindings.mjs` expires KV entries by this clock.
import { current, server } from "./scope.mjs";

const RealDate = Date;
/** The clock of the machine, in milliseconds since 1970. */
export const realNow = Date.now.bind(Date);

/** Milliseconds by which the clock of a test is ahead, or that of the server. The offset of a clock that stands still decreases continuously. */
export function offsetOf(test) {
  const { stoppedAt } = test ?? server;
  return server.clockOffset + (test?.clockOffset ?? 0) + (stoppedAt === undefined ? 0 : stoppedAt - realNow());
}

/** The time of a test, or of the server. It is read once: two readings could differ by a millisecond, also while the clock stands still. */
export function nowOf(test) {
  const { stoppedAt } = test ?? server;
  return server.clockOffset + (test?.clockOffset ?? 0) + (stoppedAt ?? realNow());
}

RealDate.now = () => nowOf(current()?.test);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
  apply: (target) => new target(target.now()).toString(),
});
