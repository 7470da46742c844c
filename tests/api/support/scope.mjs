// Whose call is it? Every request of a test names its test and itself in one header; this module carries that name
// through every await (`AsyncLocalStorage`), and keeps what the tests asked for and what the Worker did, by that name.
// It decides nothing about D1, KV or time: `bindings.mjs` and `clock.mjs` do.
import { AsyncLocalStorage } from "node:async_hooks";

/** The header that names a request: `<test>/<number>`. A request without it belongs to no test. */
export const NAME_HEADER = "x-test-request";

const scope = new AsyncLocalStorage();
const tests = new Map();
const requests = new Map();

/** Server-wide offset of the clock, in milliseconds; a test's own offset comes on top. */
export const everyone = { offset: 0 };

export function testNamed(name) {
  if (!tests.has(name)) tests.set(name, { offset: 0, faults: [] });
  return tests.get(name);
}

export function requestNamed(name) {
  if (!requests.has(name)) requests.set(name, { test: testNamed(name.split("/")[0]), calls: [], limits: [], logs: [], unsettled: 0 });
  return requests.get(name);
}

export const current = () => scope.getStore();

/** Runs `work` as the request `name`, which stays unsettled until the promise of `work` and all it defers have ended. */
export function runAs(name, work) {
  if (!name) return work();
  const request = requestNamed(name);
  return scope.run(request, () => track(request, work()));
}

/** Counts `promise` as unfinished business of `request`. Hands the promise back untouched. */
export function track(request, promise) {
  request.unsettled += 1;
  const ended = () => {
    request.unsettled -= 1;
  };
  Promise.resolve(promise).then(ended, ended);
  return promise;
}

/** Ends when nothing of the request runs any more. Polls: a promise of one request must not wake another. */
export async function settled(name) {
  const request = requestNamed(name);
  while (request.unsettled > 0) await scheduler.wait(2);
  return request;
}

// What the Worker logs is kept with the request that made it, and still goes to the runtime's log.
for (const level of ["debug", "info", "log", "warn", "error"]) {
  const print = console[level];
  console[level] = (...parts) => {
    current()?.logs.push({ level, text: parts.map(String).join(" ") });
    print.apply(console, parts);
  };
}
