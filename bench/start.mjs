// Starts the Workers of a group for `cargo xtask bench`, and prints one line of JSON: the address of each Worker
// (workerd's own socket, without a proxy in front), its process and its requests. It then responds to each line of
// input with a line of JSON: to `calls` with the number of store calls of each Worker so far, to `memory` with the
// memory of each isolate. At the end of the input it stops the Workers. For the group `start`, it starts no Workers but
// prints how to start them.
//
//   node start.mjs OPTIONS (tools.mjs)
import { createInterface } from "node:readline";
import { GROUPS } from "./groups.mjs";
import { configure, remove } from "./startup.mjs";
import { options } from "./tools.mjs";
import { calls, memories, start, stop } from "./workerd.mjs";

// Ctrl-C in a terminal reaches every process at once. This process ends at the end of its input, after its Workers.
process.on("SIGINT", () => {});
// Standard output is for the responses, but a library of a peer logs to it.
console.log = () => {};
const print = (response) => process.stdout.write(`${JSON.stringify(response)}\n`);

try {
  const targets = [];
  for (const worker of GROUPS[options.group]) targets.push(await (options.group === "start" ? configure : start)(worker));
  print({ targets });
} catch (error) {
  print({ error: String(error?.stack ?? error) });
}
for await (const request of createInterface({ input: process.stdin })) {
  print(request === "memory" ? await memories() : await calls());
}
await stop();
await remove();
process.exit(0);
