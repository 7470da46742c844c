// Assigns calls to requests. Every request of a test carries its own name and that of the test in one header. This
// module keeps that name across awaits (`AsyncLocalStorage`) and stores, by name, the instructions of a test and the
// actions of the Worker. `bindings.mjs` and `clock.mjs` use it.
import { AsyncLocalStorage } from "node:async_hooks";

/** The header that names a request: `<test>/<number>`. A request without it belongs to no test. */
export const NAME_HEADER = "x-test-request";

const scope = new AsyncLocalStorage();
const tests = new Map();
const requests = new Map();

/** The clock offset of the whole server in milliseconds. The offset of a test is added to it. */
export const server = { clockOffset: 0 };

/** The instructions of a test. Its clock stands still from the first call on. */
export function testNamed(name) {
  if (!tests.has(name)) tests.set(name, { clockOffset: 0, stoppedAt: Date.now(), faults: [] });
  return tests.get(name);
}

export function requestNamed(name) {
  if (!requests.has(name)) requests.set(name, { test: testNamed(name.split("/")[0]), calls: [], rateLimitKeys: [], logs: [], unsettled: 0 });
  return requests.get(name);
}

export const current = () => scope.getStore();

/** Runs `work` as the request `name`, which is unsettled until the promise of `work` and everything that it defers have settled. */
export function runAs(name, work) {
  if (!name) return work();
  const request = requestNamed(name);
  return scope.run(request, () => track(request, work()));
}

/** Counts `promise` as unsettled work of `request`, and returns it. */
export function track(request, promise) {
  request.unsettled += 1;
  const settle = () => {
    request.unsettled -= 1;
  };
  Promise.resolve(promise).then(settle, settle);
  return promise;
}

/** Resolves when no work of the request is running. It polls, because a promise of one request must not resume another. */
export async function settled(name) {
  const request = requestNamed(name);
  while (request.unsettled > 0) await scheduler.wait(2);
  return request;
}

// Log lines of the Worker are kept with their request, and still go to the runtime's log.
for (const level of ["debug", "info", "log", "warn", "error"]) {
  const print = console[level];
  console[level] = (...parts) => {
    current()?.logs.push({ level, text: parts.map(String).join(" ") });
    print.apply(console, parts);
  };
}
