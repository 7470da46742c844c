// Runs the sequences against Edge Auth and the peers in workerd, with the harness of the benchmark. Prints the results as JSON.
//
//   node run.mjs OPTIONS (bench/tools.mjs)
import { start, stop } from "../../../../bench/workerd.mjs";
import { BetterAuth, WORKER as BETTER_AUTH } from "./better_auth.mjs";
import { EdgeAuth, WORKER as EDGE_AUTH } from "./edge_auth.mjs";
import { AUTHORIZATION } from "./sequences/authorization.mjs";
import { CODES } from "./sequences/codes.mjs";
import { ENDS } from "./sequences/ends.mjs";
import { REFRESH } from "./sequences/refresh.mjs";
import { WorkersOauthProvider, WORKER as WORKERS_OAUTH_PROVIDER } from "./workers_oauth_provider.mjs";

const SERVERS = {
  "Edge Auth": [EdgeAuth, EDGE_AUTH],
  "workers-oauth-provider": [WorkersOauthProvider, WORKERS_OAUTH_PROVIDER],
  "better-auth": [BetterAuth, BETTER_AUTH],
};
const GROUPS = { authorization: AUTHORIZATION, code: CODES, refresh: REFRESH, access: ENDS };
const ALL = Object.entries(GROUPS).flatMap(([group, sequences]) => sequences.map((sequence) => ({ group, ...sequence })));

// Standard output is for the results, but a library of a peer logs to it.
console.log = () => {};

/** A run takes two minutes. */
const TIMEOUT_MS = 10 * 60_000;
setTimeout(async () => {
  process.stderr.write("the sequences take too long\n");
  await stop();
  process.exit(1);
}, TIMEOUT_MS);

async function open(name) {
  const [Server, worker] = SERVERS[name];
  let server;
  await start({
    ...worker,
    prepare: async (miniflare, origin) => {
      server = new Server({ name, miniflare, origin });
      await server.open();
      return [];
    },
  });
  return server;
}

/** Sequences without a result. */
const failures = [];

/** The results of a server by sequence. Slow sequences run while the others do. */
async function resultsOf(server) {
  const result = async ({ group, title, run }) => {
    try {
      return await run(server);
    } catch (error) {
      failures.push(`${server.name}, ${group}, ${title}: ${error.stack}`);
      return undefined;
    }
  };
  const slow = ALL.filter(({ isSlow }) => isSlow).map(async (sequence) => [sequence, await result(sequence)]);
  const results = new Map();
  for (const sequence of ALL) if (!sequence.isSlow) results.set(sequence, await result(sequence));
  for (const [sequence, found] of await Promise.all(slow)) results.set(sequence, found);
  return results;
}

try {
  const servers = [];
  for (const name of Object.keys(SERVERS)) servers.push(await open(name));
  const results = await Promise.all(servers.map(resultsOf));
  const rows = ALL.map((sequence) => {
    const { group, title, rule, basis, expected = rule } = sequence;
    return { group, title, rule, basis, expected, results: Object.fromEntries(servers.map(({ name }, index) => [name, results[index].get(sequence)])) };
  });
  if (failures.length === 0) process.stdout.write(JSON.stringify({ date: new Date().toISOString().slice(0, 10), rows }));
} catch (error) {
  failures.push(error.stack);
}
await stop();
if (failures.length > 0) process.stderr.write(`${failures.join("\n")}\n`);
process.exit(failures.length === 0 ? 0 : 1);
