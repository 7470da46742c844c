// The conformance tests of the Model Context Protocol for authorization servers.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { allows, newVisitor, register, signsIn, start } from "./steps.mjs";

/** Findings about what the service does not have: client ID metadata documents. */
const KNOWN = new Set(["authorization-server-metadata-cimd WARNING"]);

export async function run({ person, service, users: [user], more: { admin, packages, resource, folder, scenarios } }) {
  const client = await register(service, admin, {
    client_name: "Conformance",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: ["http://127.0.0.1/callback"],
  });
  const visitor = await newVisitor(person, user);
  const options = {
    "--url": service,
    "--client-id": client.id,
    "--resource": resource,
    "--port": await freePort(),
    "--output-dir": folder,
  };
  const program = path.join(packages, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  const { lines, ended } = start(process.execPath, ["--no-warnings", program, "authorization", ...Object.entries(options).flat()], {});
  const printed = [];
  let opened = false;
  for await (const line of lines) {
    printed.push(line);
    if (opened || !line.startsWith(`${service}/oauth/authorize?`)) continue;
    opened = true;
    await visitor.page.goto(line);
    await signsIn(visitor.page, visitor, "password");
    await allows(visitor.page);
    await visitor.page.waitForURL((url) => url.hostname === "127.0.0.1");
  }
  await ended.catch((error) => printed.push(error.message));
  console.log(printed.join("\n"));
  const found = {};
  for (const file of await readdir(folder, { recursive: true })) {
    if (path.basename(file) !== "checks.json") continue;
    const name = scenarios.find((scenario) => file.includes(scenario)) ?? file;
    const checks = JSON.parse(await readFile(path.join(folder, file), "utf8"));
    found[name] = checks.map(({ id, status }) => (KNOWN.has(`${id} ${status}`) ? "INFO" : status));
  }
  assert.deepEqual(Object.keys(found).sort(), [...scenarios].sort());
  for (const [scenario, statuses] of Object.entries(found)) {
    assert.ok(statuses.includes("SUCCESS"), scenario);
    assert.ok(statuses.every((status) => ["SUCCESS", "INFO"].includes(status)), `${scenario}: ${statuses}`);
  }
}

/** A port that was free a moment ago, because the program takes a number. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
