// The Worker under test: the production entry with recorded stores and a clock that can be shifted, and a control endpoint
// for the tests. It is not deployed. The control endpoint requires the server's own random key.
import { nowOf, realNow } from "./clock.mjs";
import { wasmBytes } from "./memory.mjs";
import { failNextTimer } from "./timers.mjs";
import { NAME_HEADER, requestNamed, runAs, server, settled, testNamed, track } from "./scope.mjs";
import { D1Database, KvNamespace, R2Bucket, Ratelimit, SendEmail, sent } from "./bindings.mjs";
import { addFault } from "./faults.mjs";
import worker, { AuthService } from "edge-auth-entry";

let recorded;
let nextCron;
let requests = 0;

// The Worker keeps its bindings for the life of the isolate, so they are wrapped once. Each call looks up its request.
function record(env) {
  recorded ??= {
    ...env,
    DB: new D1Database(env.DB),
    SESSIONS: new KvNamespace(env.SESSIONS),
    ARCHIVE: env.TEST_WITHOUT_ARCHIVE ? undefined : new R2Bucket(env.ARCHIVE),
    EMAIL: env.TEST_WITHOUT_EMAIL ? undefined : new SendEmail(env.EMAIL),
    SIGN_IN_LIMIT: env.TEST_WITHOUT_LIMITS ? undefined : new Ratelimit(env.SIGN_IN_LIMIT),
    SESSION_LIMIT: env.TEST_WITHOUT_LIMITS ? undefined : new Ratelimit(env.SESSION_LIMIT),
  };
  return recorded;
}

function deferred(context, name) {
  if (!name) return context;
  return {
    waitUntil: (promise) => context.waitUntil(track(requestNamed(name), promise)),
    passThroughOnException: () => context.passThroughOnException(),
    props: context.props,
    exports: context.exports,
  };
}

// A Worker that passes on a different body may leave the Content-Length of the one that it received.
function withDeclaredLength(request) {
  const headers = new Headers(request.headers);
  const length = headers.get("x-test-content-length");
  if (length) headers.set("content-length", length);
  return new Request(request, { headers });
}

export default {
  async fetch(request, env, context) {
    if (request.headers.get("x-test-control") === env.TEST_CONTROL_KEY) return control(request, env, context);
    requests += 1;
    const name = request.headers.get(NAME_HEADER);
    const clientIp = request.headers.get("x-test-service-binding");
    // As the runtime does for a call of another Worker over a service binding.
    if (clientIp) return runAs(name, async () => new AuthService(context, record(env)).fetchWithClientIp(withDeclaredLength(request), clientIp));
    return runAs(name, async () => worker.fetch(request, record(env), deferred(context, name)));
  },
  async scheduled(event, env, context) {
    const name = nextCron;
    nextCron = undefined;
    return runAs(name, async () => worker.scheduled(event, record(env), deferred(context, name)));
  },
};

async function control(request, env, context) {
  try {
    const { op, ...fields } = await request.json();
    return Response.json((await operations[op](fields, env, context)) ?? null);
  } catch (error) {
    return new Response(String(error?.stack ?? error), { status: 500 });
  }
}

const operations = {
  sql: async ({ sql, params }, { DB }) => (await DB.prepare(sql).bind(...params).all()).results,
  // As wrangler does: split at semicolons, in one batch.
  async batch({ sql }, { DB }) {
    const statements = sql.split(";").filter((text) => text.trim());
    return (await DB.batch(statements.map((text) => DB.prepare(text)))).map(({ results }) => ({ results, success: true }));
  },
  kv_get: ({ key }, { SESSIONS }) => SESSIONS.get(key),
  kv_put: ({ key, value }, { SESSIONS }) => SESSIONS.put(key, value),
  kv_delete: ({ key }, { SESSIONS }) => SESSIONS.delete(key),
  async kv_list({ prefix }, { SESSIONS }) {
    const names = [];
    for (let cursor, complete = false; !complete; ) {
      const page = await SESSIONS.list({ prefix, cursor });
      names.push(...page.keys.map(({ name }) => name));
      ({ cursor, list_complete: complete } = page);
    }
    return names;
  },
  r2_get: async ({ key }, { ARCHIVE }) => (await ARCHIVE.get(key))?.text(),
  r2_put: async ({ key, value }, { ARCHIVE }) => void (await ARCHIVE.put(key, value)),
  r2_put_bytes: async ({ key, bytes }, { ARCHIVE }) => void (await ARCHIVE.put(key, new Uint8Array(bytes))),
  r2_delete: ({ key }, { ARCHIVE }) => ARCHIVE.delete(key),
  r2_list: async (_, { ARCHIVE }) => (await ARCHIVE.list()).objects.map(({ key }) => key),
  sent: ({ to }) => sent.filter((message) => message.to === to),
  stop_server_clock() {
    server.stoppedAt = realNow();
  },
  now: ({ test }) => nowOf(testNamed(test)),
  run_clock({ test }) {
    testNamed(test).stoppedAt = undefined;
  },
  clock({ test, seconds }) {
    (test ? testNamed(test) : server).clockOffset = seconds * 1000;
  },
  fault: ({ test, fault }) => addFault(testNamed(test), fault),
  hits: ({ test, id }) => testNamed(test).faults.find((fault) => fault.id === id)?.hits ?? 0,
  release({ test, id }) {
    for (const fault of testNamed(test).faults) if (fault.id === id) fault.released = true;
  },
  // Held calls poll whether their fault is still there; its removal lets them proceed.
  remove({ test, id }) {
    const { faults } = testNamed(test);
    faults.splice(0, Infinity, ...(id ? faults.filter((fault) => fault.id !== id) : []));
  },
  async recorded({ request }) {
    const { calls, rateLimitKeys, logs } = await settled(request);
    return { calls, rateLimitKeys, logs };
  },
  recorded_so_far({ request }) {
    const { calls, rateLimitKeys, logs, unsettled } = requestNamed(request);
    return { calls, rateLimitKeys, logs, unsettled };
  },
  fail_next_timer: failNextTimer,
  log: ({ text }) => console.log(text),
  load: () => ({ requests, wasm_bytes: wasmBytes() }),
  // As the runtime does for a call of another Worker over a service binding.
  validate_token({ request, arguments: all }, env, context) {
    return runAs(request, async () => {
      try {
        return await new AuthService(deferred(context, request), record(env)).validateToken(...all);
      } catch (error) {
        return { error: error.name, message: error.message };
      }
    });
  },
  name_cron({ request }) {
    nextCron = request;
  },
};
