// Miniflare's local D1, and how often it was called.
import Database from "./miniflare.mjs";

let calls = 0;

export default class extends Database {
  fetch(request) {
    // What D1 had for this in its first year is free to ask with: the Worker's binding never sends it.
    if (request.url.endsWith("/dump")) return new Response(String(calls));
    calls += 1;
    return super.fetch(request);
  }
}
