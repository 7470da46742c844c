// Calls the entry point AuthService over a real service binding, as the body of the request specifies:
// `{ url, init, arguments }`. `arguments` follow the Request in the call. Absent arguments are `undefined`.
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
