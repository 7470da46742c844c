// The cost of a request that does nothing.
export default { fetch: () => new Response() };
