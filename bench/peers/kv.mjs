// The cost of a request and one read of KV.
export default {
  async fetch(request, env) {
    return new Response(await env.SESSIONS.get(env.KEY));
  },
};
