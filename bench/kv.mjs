// KV behind the runtime's real binding, kept in memory. Miniflare's own writes SQLite and files, which takes ten times
// as long as all that is measured; in production the store is another machine. Speaks what the binding sends.
const entries = new Map();

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "GET") {
      const entry = entries.get(pathname);
      return entry && Date.now() < entry.ends ? new Response(entry.value) : new Response(null, { status: 404 });
    }
    if (request.method === "PUT") {
      const lifetime = Number(searchParams.get("expiration_ttl") ?? Infinity);
      entries.set(pathname, { value: await request.arrayBuffer(), ends: Date.now() + lifetime * 1000 });
      return new Response();
    }
    return new Response(null, { status: 405 });
  },
};
