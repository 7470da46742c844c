// Fills a folder, as Miniflare keeps it, with the database of so many people (people.sql).
//
//   node people.mjs <repository> <node_modules of the tools> <node_modules of the peers> <folder> <people>
import { readdir, readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { migrate } from "./ours.mjs";
import { Miniflare } from "./tools.mjs";

const [folder, people] = process.argv.slice(5);

// D1 makes its own file, and takes it up again.
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
await migrate(await miniflare.getD1Database("DB"));
await miniflare.dispose();

const files = (await readdir(folder, { recursive: true })).filter((file) => /[0-9a-f]{64}\.sqlite$/.test(file));
if (files.length !== 1) throw new Error(`not one database, but ${files}`);
const database = new DatabaseSync(path.join(folder, files[0]));
// A file that was not finished is thrown away.
database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000000");
// Indexes are made faster afterwards, and the audit log's triggers would look at each row.
const later = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL").all();
for (const { type, name } of later) database.exec(`DROP ${type} ${name}`);
const statements = await readFile(path.join(import.meta.dirname, "people.sql"), "utf8");
for (const sql of statements.split(/;\n/).filter((text) => text.trim())) {
  database.prepare(sql).run(...(sql.includes("< ?1") ? [Number(people)] : []));
}
for (const { sql } of later) database.exec(sql);
database.exec("PRAGMA journal_mode = WAL");
database.close();
