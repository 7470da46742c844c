// Faults of the stores and of e-mail. A fault belongs to one test and affects the calls of that test only.
//
//   {store: "d1" | "kv" | "r2" | "email", ops?: [..], matches?: "regex for the SQL, the key or the subject", nth?: 1.., times?: n,
//    effect: "fail" | "lose_response" | "hang" | "pause" | "delay" | "stale", message?, milliseconds?, seconds?}
//
// `nth` is the first matching call that is affected, `times` the number of affected calls (default: all from there on).
import { current } from "./scope.mjs";

let lastId = 0;

export function addFault(test, fault) {
  lastId += 1;
  test.faults.push({ ...fault, id: lastId, matched: 0, hits: 0, matches: new RegExp(fault.matches ?? "", "i") });
  return lastId;
}

function affects(fault, call) {
  if (fault.store !== call.store || (fault.ops && !fault.ops.includes(call.op))) return false;
  if (![...(call.statements ?? []), call.key ?? ""].some((text) => fault.matches.test(text))) return false;
  fault.matched += 1;
  const first = fault.nth ?? 1;
  if (fault.matched < first || fault.matched >= first + (fault.times ?? Infinity)) return false;
  fault.hits += 1;
  return true;
}

/**
 * Records `call` for the running request and does `work`, subject to the faults of the test. A held call polls a timer:
 * without a pending event, the runtime would consider the request hung and cancel it. A slow store does not cause that.
 */
export async function perform(call, work, readStale) {
  const request = current();
  if (!request) return work();
  request.calls.push(call);
  const { faults } = request.test;
  const isHeld = (fault) => faults.includes(fault) && !fault.released;
  let respond = work;
  for (const fault of [...faults]) {
    if (!affects(fault, call)) continue;
    switch (fault.effect) {
      case "fail":
        throw failure(fault);
      case "lose_response":
        respond = async () => {
          await work();
          throw failure(fault);
        };
        break;
      case "hang":
        while (isHeld(fault)) await scheduler.wait(5);
        throw failure(fault);
      case "pause":
        while (isHeld(fault)) await scheduler.wait(5);
        break;
      case "delay":
        await scheduler.wait(fault.milliseconds);
        break;
      case "stale":
        if (!readStale) throw new TypeError(`${call.store}.${call.op} cannot be stale`);
        respond = () => readStale(fault.seconds);
        break;
      default:
        throw new TypeError(`unknown effect ${fault.effect}`);
    }
  }
  return respond();
}

/** An error with the runtime's wording: errors of D1 have the database's own text as their cause, and those of e-mail have a code. */
function failure({ store, message }) {
  if (store === "email") return Object.assign(new Error("the message to <someone@example.com> was not sent"), { code: message ?? "E_DELIVERY_FAILED" });
  if (store === "r2") return new Error(message ?? "put: Unspecified error (0)");
  if (store === "kv") return new Error(message ?? "KV request failed: 500 Internal Server Error");
  const text = message ?? "Network connection lost.";
  return new Error(`D1_ERROR: ${text}`, { cause: new Error(text) });
}
