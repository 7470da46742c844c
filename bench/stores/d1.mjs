// Miniflare's local D1 with a counter of calls.
import Database from "./miniflare.mjs";

let calls = 0;

export default class extends Database {
  fetch(request) {
    // The benchmark reads the counter with `dump()`, which no Worker calls.
    if (request.url.endsWith("/dump")) return new Response(String(calls));
    calls += 1;
    return super.fetch(request);
  }
}
