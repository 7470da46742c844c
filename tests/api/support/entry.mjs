// The Worker under test: the production entry, given watched stores and a clock that can be shifted, and beside it a
// control door for the tests. Ships nowhere. The door opens to the server's own random key only.
import "./clock.mjs";
import { wasmBytes } from "./memory.mjs";
import { everyone, NAME_HEADER, requestNamed, runAs, settled, testNamed, track } from "./scope.mjs";
import { D1Database, KvNamespace, Ratelimit } from "./bindings.mjs";
import { addFault } from "./faults.mjs";
import worker, { AuthService } from "edge-auth-entry";

let watched;
let nextCron;
let requests = 0;

// The Worker binds its stores once per isolate; so they are wrapped once, and ask at every call who is calling.
function watch(env) {
  watched ??= {
    ...env,
    DB: new D1Database(env.DB),
    SESSIONS: new KvNamespace(env.SESSIONS),
    SIGN_IN_LIMIT: env.TEST_WITHOUT_LIMITS ? undefined : new Ratelimit(env.SIGN_IN_LIMIT),
    SESSION_LIMIT: env.TEST_WITHOUT_LIMITS ? undefined : new Ratelimit(env.SESSION_LIMIT),
  };
  return watched;
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

// A Worker that passes another body on may leave the length of the one that it got.
function redeclared(request) {
  const headers = new Headers(request.headers);
  const length = headers.get("x-test-content-length");
  if (length) headers.set("content-length", length);
  return new Request(request, { headers });
}

export default {
  async fetch(request, env, context) {
    if (request.headers.get("x-test-control") === env.TEST_CONTROL_KEY) return control(request, env);
    requests += 1;
    const name = request.headers.get(NAME_HEADER);
    const relayed = request.headers.get("x-test-relay");
    // As the runtime does for another Worker's call.
    if (relayed) return runAs(name, async () => new AuthService(context, watch(env)).fetchWithClientIp(redeclared(request), relayed));
    return runAs(name, async () => worker.fetch(request, watch(env), deferred(context, name)));
  },
  async scheduled(event, env, context) {
    const name = nextCron;
    nextCron = undefined;
    return runAs(name, async () => worker.scheduled(event, watch(env), deferred(context, name)));
  },
};

async function control(request, env) {
  try {
    const { op, ...given } = await request.json();
    return Response.json((await operations[op](given, env)) ?? null);
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
  clock({ test, seconds }) {
    (test ? testNamed(test) : everyone).offset = seconds * 1000;
  },
  fault: ({ test, fault }) => addFault(testNamed(test), fault),
  hits: ({ test, id }) => testNamed(test).faults.find((fault) => fault.id === id)?.hits ?? 0,
  release({ test, id }) {
    for (const fault of testNamed(test).faults) if (fault.id === id) fault.released = true;
  },
  // Held calls look whether their fault is still there: taking it away lets them go.
  mend({ test, id }) {
    const { faults } = testNamed(test);
    faults.splice(0, Infinity, ...(id ? faults.filter((fault) => fault.id !== id) : []));
  },
  async seen({ request }) {
    const { calls, limits, logs } = await settled(request);
    return { calls, limits, logs };
  },
  seen_so_far({ request }) {
    const { calls, limits, logs, unsettled } = requestNamed(request);
    return { calls, limits, logs, unsettled };
  },
  load: () => ({ requests, wasm_bytes: wasmBytes() }),
  name_cron({ request }) {
    nextCron = request;
  },
};
