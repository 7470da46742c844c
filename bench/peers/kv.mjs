// What a request and one read of KV cost.
export default {
  async fetch(request, env) {
    return new Response(await env.SESSIONS.get(env.KEY));
  },
};
