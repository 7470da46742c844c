// The steps of users in Chromium when an application of tests/api/interop sends them to the service. Also starts the programs of the
// applications.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { addPasskey, at, authenticator, button, codesDialog, declineOffer, f, showsAccount, signOut, storeCodes, submitSignIn, t } from "../pages/factors/steps.mjs";

export { at, button, t };

const PROGRAMS = path.join(import.meta.dirname, "../../../interop/programs");

/** A program may take this long. A busy machine can need several seconds for a step. */
const TIMEOUT_MS = 180_000;

/** A program that prints lines. Its environment has only these variables. */
export function start(command, args, env) {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], signal: AbortSignal.timeout(TIMEOUT_MS) });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += chunk));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`the program ended with ${code}: ${errors}`))));
  });
  // A failure is reported by the caller, who reads all lines first.
  ended.catch(() => {});
  return { lines: createInterface({ input: child.stdout }), ended };
}

/** A program of tests/api/interop/programs. */
export function startProgram(file, { packages, python }, env) {
  const script = path.join(PROGRAMS, file);
  if (file.endsWith(".py")) return start(python, [script], { ...env, PYTHONDONTWRITEBYTECODE: "1" });
  const args = ["--no-warnings", "--import", path.join(PROGRAMS, "resolve.mjs"), script];
  // AppAuth starts the browser of the machine if it finds one.
  return start(process.execPath, args, { ...env, PACKAGES: packages, PATH: PROGRAMS });
}

/** The browser of a user, who is not signed in yet. */
export async function newVisitor(person, user) {
  const context = await person();
  await declineOffer(context);
  return { context, user, page: await context.newPage(), device: null };
}

/** The user adds a passkey to the account, and signs out. */
export async function addsPasskey(visitor) {
  const { page, user } = visitor;
  visitor.device = await authenticator(page);
  await page.goto("/sign-in");
  await submitSignIn(page, user.login);
  await showsAccount(page, user);
  await addPasskey(page, visitor.device);
  await storeCodes(codesDialog(page));
  await signOut(page);
}

/** The user signs in on the page that is open, in this way. With `session`, the user is signed in already. */
export async function signsIn(page, visitor, way) {
  if (way === "session") return;
  await at(page, "/sign-in");
  if (way === "password") return submitSignIn(page, visitor.user.login);
  await visitor.device.answers(true);
  // The page may already have left, because the device also answers the suggestion of the name field.
  await button(page, f.passkey.signIn).click().catch(() => {});
  await at(page, "/consent");
  await visitor.device.answers(false);
}

/** The user allows the request that the page shows. */
export async function allows(page) {
  await at(page, "/consent");
  await button(page, t.consent.allow).click();
}

/** Registers a client as a super administrator. Returns its id and its secret. */
export async function register(service, admin, client) {
  const headers = { authorization: `Bearer ${admin}`, "content-type": "application/json" };
  const response = await fetch(`${service}/api/auth/clients`, { method: "POST", headers, body: JSON.stringify(client) });
  const body = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(body));
  return { id: body.client.client_id, secret: body.client_secret ?? "" };
}
