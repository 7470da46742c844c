// What can go wrong with a store, on request. A fault is one test's and touches that test's calls only.
//
//   {store: "d1" | "kv", ops?: [..], matches?: "regex over the SQL or the key", nth?: 1.., times?: n,
//    effect: "fail" | "lose_reply" | "hang" | "pause" | "delay" | "stale", message?, milliseconds?, seconds?}
//
// `nth` is the first matching call that is hit, `times` how many are (default: all from there on).
import { current } from "./scope.mjs";

let lastId = 0;

export function addFault(test, fault) {
  lastId += 1;
  test.faults.push({ ...fault, id: lastId, seen: 0, hits: 0, matches: new RegExp(fault.matches ?? "", "i") });
  return lastId;
}

function strikes(fault, call) {
  if (fault.store !== call.store || (fault.ops && !fault.ops.includes(call.op))) return false;
  if (![...(call.statements ?? []), call.key ?? ""].some((text) => fault.matches.test(text))) return false;
  fault.seen += 1;
  const first = fault.nth ?? 1;
  if (fault.seen < first || fault.seen >= first + (fault.times ?? Infinity)) return false;
  fault.hits += 1;
  return true;
}

/**
 * Records `call` for the running request, and does `work` as the test's faults allow. A waiting call polls a timer: without
 * anything pending the runtime would see the request as hung and cancel it, which is not what a slow store looks like.
 */
export async function perform(call, work, readStale) {
  const request = current();
  if (!request) return work();
  request.calls.push(call);
  const { faults } = request.test;
  const held = (fault) => faults.includes(fault) && !fault.released;
  let reply = work;
  for (const fault of [...faults]) {
    if (!strikes(fault, call)) continue;
    switch (fault.effect) {
      case "fail":
        throw failure(fault);
      case "lose_reply":
        reply = async () => {
          await work();
          throw failure(fault);
        };
        break;
      case "hang":
        while (held(fault)) await scheduler.wait(5);
        throw failure(fault);
      case "pause":
        while (held(fault)) await scheduler.wait(5);
        break;
      case "delay":
        await scheduler.wait(fault.milliseconds);
        break;
      case "stale":
        if (!readStale) throw new TypeError(`${call.store}.${call.op} cannot be stale`);
        reply = () => readStale(fault.seconds);
        break;
      default:
        throw new TypeError(`unknown effect ${fault.effect}`);
    }
  }
  return reply();
}

/** As the runtime words it: D1's errors carry the database's own text as their cause. */
function failure({ store, message }) {
  if (store === "kv") return new Error(message ?? "KV request failed: 500 Internal Server Error");
  const text = message ?? "Network connection lost.";
  return new Error(`D1_ERROR: ${text}`, { cause: new Error(text) });
}
