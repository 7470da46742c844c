// Calls the entry point AuthService as the test says, over a real service binding: the body of the request is
// `{ url, init, arguments }`, and `arguments` follow the Request in the call. Absent arguments are `undefined`.
export default {
  async fetch(request, env) {
    const { url, init, arguments: rest } = await request.json();
    try {
      return await env.AUTH.fetchWithClientIp(new Request(url, init), ...rest);
    } catch (error) {
      return Response.json({ error: error.name, message: error.message }, { status: 599 });
    }
  },
};
