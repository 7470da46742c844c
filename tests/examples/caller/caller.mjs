// Calls the entry point AuthService over a real service binding, as the body of the request specifies: `{ url, init, arguments }`
// for a request, where `arguments` follow the Request in the call, or `{ validate }` with the arguments of `validateToken`. Absent
// arguments are `undefined`.
export default {
  async fetch(request, env) {
    const { url, init, arguments: rest, validate } = await request.json();
    try {
      if (validate) return Response.json(await env.AUTH.validateToken(...validate));
      return await env.AUTH.fetchWithClientIp(new Request(url, init), ...rest);
    } catch (error) {
      return Response.json({ error: error.name, message: error.message }, { status: 599 });
    }
  },
};
