// Fills a folder of Miniflare with a database of many users (many_users.sql).
//
//   node many_users.mjs OPTIONS (tools.mjs) FOLDER USERS
import { readdir, readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { migrate } from "./edge_auth.mjs";
import { Miniflare, options } from "./tools.mjs";

const [folder, users] = process.argv.slice(3);

// D1 creates its own file and opens it again later.
const miniflare = new Miniflare({
  telemetry: { enabled: false },
  resourcePersistencePath: folder,
  workers: [
    {
      config: {
        name: "none",
        compatibilityDate: "2026-01-01",
        manifest: { mainModule: "none.mjs", modulesRoot: "/", modules: { "none.mjs": { type: "esm", contents: "export default {};" } } },
        env: { DB: { type: "d1", id: "DB" } },
      },
    },
  ],
});
await migrate(await miniflare.getD1Database("DB"), options.repository);
await miniflare.dispose();

const files = (await readdir(folder, { recursive: true })).filter((file) => /[0-9a-f]{64}\.sqlite$/.test(file));
if (files.length !== 1) throw new Error(`expected one database, found ${files}`);
const database = new DatabaseSync(path.join(folder, files[0]));
// No journal, because an unfinished file is deleted.
database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000000");
// Indexes are built faster afterwards, and the triggers of the audit log would run for each row.
const removed = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL").all();
for (const { type, name } of removed) database.exec(`DROP ${type} ${name}`);
const statements = await readFile(path.join(import.meta.dirname, "many_users.sql"), "utf8");
for (const sql of statements.split(/;\n/).filter((text) => text.trim())) {
  database.prepare(sql).run(...(sql.includes("< ?1") ? [Number(users)] : []));
}
for (const { sql } of removed) database.exec(sql);
database.exec("PRAGMA journal_mode = WAL");
database.close();
