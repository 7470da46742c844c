// A clock that a test can shift, for itself or for the whole server. Imported before the Worker, so that whoever keeps
// `Date` or `Date.now` at load time keeps these; wasm-bindgen's glue looks the global up at each call anyway.
// Timers are not shifted, nor is the clock inside D1 (`datetime('now')`); `bindings.mjs` ends KV entries by this clock.
import { current, everyone } from "./scope.mjs";

const RealDate = Date;
const realNow = Date.now.bind(Date);

/** Milliseconds by which the running request's clock is ahead. */
export const offset = () => everyone.offset + (current()?.test.offset ?? 0);

RealDate.now = () => realNow() + offset();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, newTarget),
  apply: (target) => new target(target.now()).toString(),
});
