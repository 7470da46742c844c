// The code that the programs share: the registration of the client, the address to which the browser returns, and the report to the
// test, as lines of JSON.
import { createServer } from "node:http";

export const { CLIENT_ID, FLOW, ISSUER, METHOD, RESOURCE, SCOPE, SECRET } = process.env;

/** The private key of the client, as a JWK. */
export const KEY = JSON.parse(process.env.KEY);

const report = (line) => console.log(JSON.stringify(line));

/** Asks the user to open this address in the browser. */
export const open = (url) => report({ open: String(url) });

/** The results of the program, one for each step. */
export const finish = (found) => report({ found });

/** The key of `private_key_jwt` for WebCrypto. */
export const importKey = () => crypto.subtle.importKey("jwk", KEY, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);

/** Listens on a free loopback port for the response to an authorization request. */
export async function listen() {
  let received;
  const arrived = new Promise((resolve) => (received = resolve));
  const server = createServer((request, response) => {
    const url = new URL(request.url, redirectUri);
    if (url.pathname !== "/callback") return response.writeHead(404).end();
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Signed in</title>");
    return received(url);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const redirectUri = `http://127.0.0.1:${server.address().port}/callback`;
  const stop = () => {
    server.close();
    server.closeIdleConnections();
  };
  return { redirectUri, response: arrived.finally(stop), stop };
}

/** The part of a user info response that the test compares. */
export const userOf = ({ sub, preferred_username, email }) => ({ sub, preferred_username, email });
