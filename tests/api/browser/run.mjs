// Drives Chromium for world.rs: pages of the service, and pages of web applications on their own origins that call the Worker.
//
//   node run.mjs <JSON: case, packages, chromium, service, control, application, stranger, users, mail, more>
//
// Each file in cases/ exports `run(world)` and fails by throwing.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** For one step of a case. A busy machine can need several seconds for a page. */
const STEP_TIMEOUT_MS = 60_000;

/** For the whole case: not every call of Playwright has a timeout. */
const CASE_TIMEOUT_MS = 8 * 60_000;

const CLOSE_TIMEOUT_MS = 15_000;

const parameters = JSON.parse(process.argv[2]);
const require = createRequire(path.join(parameters.packages, "package.json"));
const { chromium } = require("playwright-core");

/** Calls the control endpoint of the test server. */
async function control(op, more) {
  const headers = { "x-test-control": parameters.control };
  const response = await fetch(parameters.service, { method: "POST", headers, body: JSON.stringify({ op, ...more }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${op}: ${text}`);
  return JSON.parse(text);
}

/** The last link to this page in the messages to this address, from the text files that Miniflare wrote. */
async function mailedLink(to, page) {
  const start = `${parameters.service}${page}#`;
  for (let turn = 0; turn < 500; turn += 1) {
    const names = await readdir(parameters.mail, { recursive: true }).catch(() => []);
    for (const { id } of (await control("sent", { to })).reverse()) {
      const file = names.find((name) => path.basename(name) === `${id}.txt`);
      const text = file ? await readFile(path.join(parameters.mail, file), "utf8") : "";
      const link = text.split("\n").find((line) => line.startsWith(start));
      if (link) return link.trim();
    }
    await delay(20);
  }
  throw new Error(`no message to ${to} has a link to ${page}`);
}

/** What no page of the service may do: throw, or violate its content security policy. */
const violations = [];

/** Records these from now on. */
function watch(context) {
  context.on("weberror", (error) => violations.push(String(error.error())));
  context.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Trusted ?Type|Permissions policy/i.test(text)) violations.push(text);
  });
}

const { run } = await import(`./cases/${parameters.case}.mjs`);
// Chromium's sandbox does not start as root.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: parameters.chromium, args });
try {
  const context = await browser.newContext();
  // Every page has functions that call the API as the HTTP client of an application does.
  await context.addInitScript(client, parameters.service);
  const open = async (origin = parameters.application) => {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    return page;
  };
  /** A browser of its own, with its own cookies, for the pages of the service. */
  const person = async (options) => {
    const context = await browser.newContext({ baseURL: parameters.service, locale: "en-US", ...options });
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    watch(context);
    return context;
  };
  const timeout = delay(CASE_TIMEOUT_MS).then(() => {
    throw new Error(`the case takes longer than ${CASE_TIMEOUT_MS / 60_000} minutes`);
  });
  await Promise.race([run({ ...parameters, control, mailedLink, open, person, browser, require, violations }), timeout]);
  assert.deepEqual(violations, []);
} catch (error) {
  process.exitCode = 1;
  console.error(error);
  await describePages();
}
// A browser that hangs does not close. It ends with this process.
await Promise.race([browser.close(), delay(CLOSE_TIMEOUT_MS)]);
process.exit();

/** Prints what the open pages show, because a failed step names only what it did not find. */
async function describePages() {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    const text = await page.innerText("body", { timeout: 5_000 }).catch(String);
    console.error(`${new URL(page.url()).pathname}: ${text.slice(0, 2_000)}`);
  }
}

/** Runs in the pages. */
function client(service) {
  // Configured globally, as in axios and other clients: every request carries credentials.
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
