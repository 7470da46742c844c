// Stands in wrangler's place for the command line under test: what it has wrangler do to the local stores is done to those
// of a running test server, through its control door. Real wrangler takes three seconds to open the stores itself.
//
//   d1 execute DB --json --yes --command SQL …      prints what wrangler prints: the rows of each statement
//   kv bulk put FILE …
//
// Each SQL text is written to the file named by EDGE_AUTH_TEST_STATEMENTS, one JSON string a line.
import { appendFileSync, readFileSync } from "node:fs";

const { EDGE_AUTH_TEST_ORIGIN: origin, EDGE_AUTH_TEST_KEY: key, EDGE_AUTH_TEST_STATEMENTS: statements } = process.env;
const words = process.argv.slice(2);

async function control(op, given) {
  const reply = await fetch(origin, { method: "POST", headers: { "x-test-control": key }, body: JSON.stringify({ op, ...given }) });
  const text = await reply.text();
  if (reply.ok) return JSON.parse(text);
  console.log(JSON.stringify({ error: { text } }));
  process.exit(1);
}

if (words[0] === "d1") {
  const sql = words[words.indexOf("--command") + 1];
  if (statements) appendFileSync(statements, `${JSON.stringify(sql)}\n`);
  console.log(JSON.stringify(await control("batch", { sql })));
} else {
  for (const { key: name, value } of JSON.parse(readFileSync(words[3], "utf8"))) await control("kv_put", { key: name, value });
}
