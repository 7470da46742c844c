// Rate limits in memory. Miniflare's own rate limits are a Durable Object, which costs more than the rest of a request.
// Cloudflare counts on the machine that runs the Worker.
const counts = new Map();
let ends = 0;

export default {
  async fetch(request) {
    const { key, limit, period } = await request.json();
    if (Date.now() >= ends) {
      counts.clear();
      ends = Date.now() + period * 1000;
    }
    const name = `${limit}:${key}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return Response.json({ success: count <= limit });
  },
};
