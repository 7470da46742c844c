// Starts the Workers of a group for `cargo xtask bench`, and prints one line of JSON: the address of each (workerd's own
// socket, without a proxy in front), its process and its requests. Then it answers each line of input with a line: `calls`
// with the number of store calls of each Worker so far, `memory` with what each isolate holds. At the end of the input it
// stops the Workers. For the group `start` it starts none, but prints how to.
//
//   node start.mjs OPTIONS (tools.mjs)
import { createInterface } from "node:readline";
import { GROUPS } from "./groups.mjs";
import { configure, remove } from "./startup.mjs";
import { options } from "./tools.mjs";
import { calls, memories, start, stop } from "./workerd.mjs";

// Ctrl-C in a terminal reaches every process at once. This one ends at the end of its input, after its Workers.
process.on("SIGINT", () => {});
// Standard output is for the answers; a peer's library logs to it.
console.log = () => {};
const print = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const targets = [];
  for (const worker of GROUPS[options.group]) targets.push(await (options.group === "start" ? configure : start)(worker));
  print({ targets });
} catch (error) {
  print({ error: String(error?.stack ?? error) });
}
for await (const question of createInterface({ input: process.stdin })) {
  print(question === "memory" ? await memories() : await calls());
}
await stop();
await remove();
process.exit(0);
