// The Workers that are measured side by side, each as `start` in workerd.mjs takes it.
import path from "node:path";
import { PERSON, tokens, tokensOfKv } from "./ours.mjs";
import { against, repository } from "./tools.mjs";

const OURS = "src/entry.mjs";
// Longer than the bench takes, so that no copy has to be made anew meanwhile.
const LONG_TRUST = { SESSION_EDGE_TRUST: "3600" };
const ONE_READ = { ...LONG_TRUST, SESSION_ISOLATE_TRUST: "0" };

const bearer = (token) => ({ path: "/api/auth/validate", headers: { authorization: `Bearer ${token}` } });
const validate = async (...given) => (await tokens(...given)).map(bearer);

const VALIDATE = [
  { name: "empty JS Worker", entry: "bench/peers/empty.mjs" },
  {
    name: "JS Worker, one KV read",
    entry: "bench/peers/kv.mjs",
    vars: { KEY: "session" },
    prepare: async (miniflare) => {
      const kv = await miniflare.getKVNamespace("SESSIONS");
      await kv.put("session", JSON.stringify({ believe_until: 0, user: PERSON }));
    },
  },
  { name: "Hono + jose + KV", entry: "bench/peers/hono.mjs", prepare: async (miniflare) => (await tokensOfKv(miniflare)).map(bearer) },
  ...["Edge Auth", ...against.map((root) => `Edge Auth of ${path.basename(root)}`)].flatMap((name, index) => {
    const entry = path.join(index ? against[index - 1] : repository, OURS);
    return [
      { name: `${name}, one KV read`, entry, vars: ONE_READ, prepare: validate },
      { name, entry, vars: LONG_TRUST, prepare: validate },
    ];
  }),
  { name: "Edge Auth, strict (D1)", entry: OURS, vars: { SESSION_CONSISTENCY: "strict" }, prepare: validate },
];

export const GROUPS = { validate: VALIDATE };
