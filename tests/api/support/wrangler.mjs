// Replaces wrangler for the command line under test: its commands act on the stores of a running test server, through the
// control endpoint. The real wrangler takes three seconds to open the stores itself.
//
//   d1 execute DB --json --yes --command SQL …      prints what wrangler prints: the rows of each statement
//   kv bulk put FILE …
//
// Each SQL text is appended to the file in EDGE_AUTH_TEST_STATEMENTS, one JSON string per line.
import { appendFileSync, readFileSync } from "node:fs";

const { EDGE_AUTH_TEST_ORIGIN: origin, EDGE_AUTH_TEST_KEY: key, EDGE_AUTH_TEST_STATEMENTS: statements } = process.env;
const args = process.argv.slice(2);

async function control(op, fields) {
  const response = await fetch(origin, { method: "POST", headers: { "x-test-control": key }, body: JSON.stringify({ op, ...fields }) });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  console.log(JSON.stringify({ error: { text } }));
  process.exit(1);
}

if (args[0] === "d1") {
  const sql = args[args.indexOf("--command") + 1];
  if (statements) appendFileSync(statements, `${JSON.stringify(sql)}\n`);
  console.log(JSON.stringify(await control("batch", { sql })));
} else {
  for (const { key: name, value } of JSON.parse(readFileSync(args[3], "utf8"))) await control("kv_put", { key: name, value });
}
