// The cost of a request and one read of D1.
export default {
  async fetch(request, env) {
    return Response.json(await env.DB.prepare("SELECT * FROM users WHERE username = ?1").bind(env.USERNAME).first());
  },
};
