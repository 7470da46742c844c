// A clock that a test can shift for itself or for the whole server, or stop. It is imported before the Worker, so that code which
// stores `Date` or `Date.now` at load time stores these. Timers are not shifted, and neither is the clock inside D1
// (`datetime('now')`). `bindings.mjs` expires KV entries by this clock.
import { current, server } from "./scope.mjs";

const RealDate = Date;
const realNow = Date.now.bind(Date);

/** Milliseconds by which the clock of the running request is ahead. The offset of a frozen clock decreases continuously. */
export function offset() {
  const { clockOffset = 0, frozenAt = server.frozenAt } = current()?.test ?? {};
  return server.clockOffset + clockOffset + (frozenAt === undefined ? 0 : frozenAt - realNow());
}

/** Stops the clock of a test, or of the server, at the present time. It can still be shifted. */
export function freeze(test) {
  test.frozenAt = realNow();
}

RealDate.now = () => realNow() + offset();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
  apply: (target) => new target(target.now()).toString(),
});
