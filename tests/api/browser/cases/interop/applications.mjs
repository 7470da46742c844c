// Third-party clients that are programs, one after the other. Each cell is a client, a flow and a method of authentication. All cells
// are tried, and the case fails with the list of those that failed.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { addsPasskey, allows, newVisitor, register, signsIn, startProgram } from "./steps.mjs";

const IDENTITY = "openid profile email offline_access";

export async function run({ person, service, users, more }) {
  const { cells, admin, resource } = more;
  const cellsWithClient = [];
  // First all registrations, because they need a recent authentication of the administrator.
  for (const cell of cells) cellsWithClient.push({ cell, client: await registerClient(service, admin, cell) });
  const visitors = new Map();
  const failures = [];
  for (const { cell, client } of cellsWithClient) {
    if (!visitors.has(cell.client)) visitors.set(cell.client, await newVisitor(person, users[visitors.size]));
    const visitor = visitors.get(cell.client);
    try {
      if (cell.sign_in === "passkey") await addsPasskey(visitor);
      const found = await use(cell, client, { visitor, service, resource, more });
      assert.deepEqual(found, expected(cell, client, visitor.user));
      console.log(`${cell.client}, ${cell.flow}, ${cell.method}, ${cell.sign_in}: passed`);
    } catch (error) {
      failures.push(`${cell.client}, ${cell.flow}, ${cell.method}: ${error.stack}\n${visitor.page.url()}`);
    }
  }
  assert.deepEqual(failures, []);
}

async function registerClient(service, admin, cell) {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isService = cell.flow === "service";
  const registered = await register(service, admin, {
    client_name: `${cell.client} ${cell.flow}`,
    token_endpoint_auth_method: cell.method,
    grant_types: isService ? ["client_credentials"] : ["authorization_code", "refresh_token"],
    ...(isService ? { scope: "reports:read" } : { redirect_uris: ["http://127.0.0.1/callback"] }),
    ...(cell.method === "private_key_jwt" && { jwks: { keys: [pair.publicKey.export({ format: "jwk" })] } }),
  });
  return { ...registered, key: pair.privateKey.export({ format: "jwk" }) };
}

const scopeOf = (cell) => ({ code: IDENTITY, resource: "openid reports:read", service: "reports:read" })[cell.flow];

/** Runs the program of the client, with a user in Chromium where it asks for one. */
async function use(cell, client, { visitor, service, resource, more }) {
  const program = startProgram(cell.program, more, {
    CLIENT_ID: client.id,
    FLOW: cell.flow === "service" ? "service" : "code",
    ISSUER: service,
    KEY: JSON.stringify(client.key),
    METHOD: cell.method,
    RESOURCE: cell.flow === "code" ? "" : resource,
    SCOPE: scopeOf(cell),
    SECRET: client.secret,
  });
  let found;
  for await (const line of program.lines) {
    // Programs may also log.
    const message = line.startsWith("{") ? JSON.parse(line) : {};
    found ??= message.found;
    if (!message.open) continue;
    await visitor.page.goto(message.open);
    await signsIn(visitor.page, visitor, cell.sign_in);
    await allows(visitor.page);
    await visitor.page.waitForURL((url) => url.hostname === "127.0.0.1" && url.pathname === "/callback");
  }
  await program.ended;
  return found;
}

/** The results of the steps that this client has. */
function expected(cell, client, { id, login, email }) {
  const isService = cell.flow === "service";
  const all = {
    id_token: id,
    refresh: true,
    user_info: { sub: id, preferred_username: login.username, email },
    // Before and after the revocation.
    introspection: [isService ? client.id : id, false],
    // What the refresh token gets afterwards.
    revocation: isService ? undefined : "invalid_grant",
  };
  const found = [["scope", scopeOf(cell)], ...cell.steps.map((step) => [step, all[step]])];
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
