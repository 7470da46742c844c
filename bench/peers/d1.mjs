// What a request and one read of D1 cost.
export default {
  async fetch(request, env) {
    return Response.json(await env.DB.prepare("SELECT * FROM people WHERE username = ?1").bind(env.USERNAME).first());
  },
};
