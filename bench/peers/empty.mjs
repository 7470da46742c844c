// What a request costs before anything is done.
export default { fetch: () => new Response() };
