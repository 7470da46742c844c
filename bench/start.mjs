// Starts the Workers of a group that `cargo xtask bench` measures, and prints one line of JSON: where each listens
// (workerd's own socket, no proxy before it), its process, and the requests to send. For each line of input it prints
// one more: to `calls` how often each has called its stores so far, to `memory` what each isolate holds. When the input
// ends it stops them all. Of the group `start` it starts none, and says how to.
//
//   node start.mjs <repository> <node_modules of the tools> <node_modules of the peers> <an empty Worker in Rust> \
//     <group> <other clones>…
import { createInterface } from "node:readline";
import { GROUPS } from "./groups.mjs";
import { configure, remove } from "./startup.mjs";
import { group } from "./tools.mjs";
import { calls, memories, start, stop } from "./workerd.mjs";

// A terminal's Ctrl-C reaches every process at once; the end of input is what ends this one, after it has ended the rest.
process.on("SIGINT", () => {});
// A peer's library logs what it does.
console.log = () => {};
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const targets = [];
  const isMeasured = ({ name }) => !process.env.EDGE_AUTH_BENCH_OURS || name.startsWith("Edge Auth");
  for (const worker of GROUPS[group].filter(isMeasured)) targets.push(await (group === "start" ? configure : start)(worker));
  say({ targets });
} catch (error) {
  say({ error: String(error?.stack ?? error) });
}
for await (const question of createInterface({ input: process.stdin })) {
  say(question === "memory" ? await memories() : await calls());
}
await stop();
await remove();
process.exit(0);
