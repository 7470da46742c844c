// Drives Chromium for tests/api/browser.rs: pages of web applications, on origins of their own, that call the Worker.
//
//   node run.mjs <JSON: case, packages, chromium, service, control, application, stranger, users>
//
// Each file in cases/ exports `run(world)` and fails by throwing.
import { createRequire } from "node:module";
import path from "node:path";

const given = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(given.packages, "package.json"))("playwright-core");

/** Sends a command to the control endpoint of the test server. */
async function control(op, more) {
  const headers = { "x-test-control": given.control };
  const reply = await fetch(given.service, { method: "POST", headers, body: JSON.stringify({ op, ...more }) });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${op}: ${text}`);
  return JSON.parse(text);
}

const { run } = await import(`./cases/${given.case}.mjs`);
// Chromium's sandbox does not start as root.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: given.chromium, args });
try {
  const context = await browser.newContext();
  // What every page of an application has: calls of the API as its HTTP client makes them.
  await context.addInitScript(client, given.service);
  const open = async (origin = given.application) => {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    return page;
  };
  await run({ ...given, control, open });
} finally {
  await browser.close();
}

/** Runs in the pages. */
function client(service) {
  // Configured globally, as axios and other clients are: every request carries credentials.
  window.service = service;
  window.call = async (method, path, { token, body, headers } = {}) => {
    const response = await fetch(service + path, {
      method,
      credentials: "include",
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    return {
      status: response.status,
      error: response.headers.get("edge-auth-error"),
      retryAfter: response.headers.get("retry-after"),
      body: await response.json(),
    };
  };
}
