// KV in memory, behind the runtime's real binding and with its protocol. Miniflare's own KV writes SQLite and files,
// which takes ten times as long as the rest of a request. In production the store is on another machine.
const entries = new Map();
let calls = 0;

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    // The benchmark reads the counter at this path.
    if (pathname === "/calls-so-far") return new Response(String(calls));
    calls += 1;
    if (request.method === "GET") {
      const entry = entries.get(pathname);
      return entry && Date.now() < entry.ends ? new Response(entry.value) : new Response(null, { status: 404 });
    }
    if (request.method === "PUT") {
      const lifetime = Number(searchParams.get("expiration_ttl") ?? Infinity);
      entries.set(pathname, { value: await request.arrayBuffer(), ends: Date.now() + lifetime * 1000 });
      return new Response();
    }
    if (request.method === "DELETE") {
      entries.delete(pathname);
      return new Response();
    }
    return new Response(null, { status: 405 });
  },
};
