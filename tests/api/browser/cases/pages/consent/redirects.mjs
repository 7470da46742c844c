// Consent to applications at which the browser ends in different ways: on a website, in a program on the device, and on a website that
// leads on to a program with a private-use scheme.
import assert from "node:assert/strict";
import { authorization, newBrowser, redeem, responseTo } from "./requests.mjs";
import { at, button, question, showsAccount, signIn, t } from "./steps.mjs";

const c = t.consent;
const BRIDGE = "https://app.example.com/bridge";

export async function run({ person, service, application, users: [ada], more: { web, local, bridge } }) {
  const context = await newBrowser(person);
  // The address of the program gets all parameters.
  const script = `location.href = "com.example.app:/callback" + location.search;`;
  await context.route(`${BRIDGE}?**`, (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><script>${script}</script>` }));
  const page = await signIn(context, ada);
  await showsAccount(page, ada);

  // A website: no warning, and the answer is remembered.
  const first = authorization(service, web);
  await page.goto(first.url);
  await question(page, "App");
  assert.equal(await page.getByText(c.loopback).count(), 0);
  await page.getByText(c.checkAddress).waitFor();
  await button(page, c.allow).click();
  await redeem(first, await responseTo(first, page));

  // A program on the device: a warning, and a question each time.
  const uri = `${application.replace("localhost", "127.0.0.1")}/callback`;
  for (let turn = 0; turn < 2; turn += 1) {
    const sent = authorization(service, local, { redirect_uri: uri });
    await page.goto(sent.url);
    await question(page, "Local");
    await page.getByText(c.loopback).waitFor();
    await page.getByText("127.0.0.1", { exact: true }).waitFor();
    await button(page, c.allow).click();
    await redeem(sent, await responseTo(sent, page));
  }

  // A website that opens a program: the policy of the page does not stop the browser on its way.
  const devtools = await context.newCDPSession(page);
  await devtools.send("Page.enable");
  const opened = new Promise((resolve) => {
    devtools.on("Page.frameRequestedNavigation", ({ url }) => {
      if (url.startsWith("com.example.app:")) resolve(new URL(url));
    });
  });
  const sent = authorization(service, bridge, { redirect_uri: BRIDGE });
  await page.goto(sent.url);
  await at(page, "/consent");
  await question(page, "Bridge");
  await page.getByText("app.example.com", { exact: true }).waitFor();
  assert.equal(await page.getByText(c.loopback).count(), 0);
  await button(page, c.allow).click();
  const address = await opened;
  assert.equal(address.pathname, "/callback");
  assert.deepEqual([address.searchParams.get("state"), address.searchParams.get("iss")], [sent.state, service]);
  await redeem(sent, address.searchParams);
}
