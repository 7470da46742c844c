// D1, KV, R2, e-mail and the rate limits as the Worker sees them under test: the real ones, with every call recorded and the faults of
// the test applied to the stores and to e-mail. The classes have the runtime's names, because the Worker recognises bindings by them.
import { offsetOf } from "./clock.mjs";
import { perform } from "./faults.mjs";
import { current } from "./scope.mjs";

const realStatements = new WeakMap();

class D1PreparedStatement {
  constructor(statement, sql) {
    realStatements.set(this, statement);
    this.statement = sql;
  }
  bind(...values) {
    return new D1PreparedStatement(realStatements.get(this).bind(...values), this.statement);
  }
  first(...args) {
    return this.#perform("first", args);
  }
  run(...args) {
    return this.#perform("run", args);
  }
  all(...args) {
    return this.#perform("all", args);
  }
  raw(...args) {
    return this.#perform("raw", args);
  }
  #perform(op, args) {
    return perform({ store: "d1", op, statements: [this.statement] }, () => realStatements.get(this)[op](...args));
  }
}

class D1DatabaseSession {
  #real;
  constructor(real) {
    this.#real = real;
  }
  prepare(sql) {
    return new D1PreparedStatement(this.#real.prepare(sql), sql);
  }
  batch(statements) {
    const call = { store: "d1", op: "batch", statements: statements.map(({ statement }) => statement) };
    return perform(call, async () => {
      const results = await this.#real.batch(statements.map((statement) => realStatements.get(statement)));
      call.rowsRead = results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
      call.rowsReturned = Math.max(...results.map(({ results }) => results?.length ?? 0));
      return results;
    });
  }
  getBookmark() {
    return this.#real.getBookmark();
  }
}

export class D1Database extends D1DatabaseSession {
  #real;
  constructor(real) {
    super(real);
    this.#real = real;
  }
  exec(sql) {
    return perform({ store: "d1", op: "exec", statements: [sql] }, () => this.#real.exec(sql));
  }
  withSession(constraint) {
    return new D1DatabaseSession(this.#real.withSession(constraint));
  }
}

export class KvNamespace {
  #real;
  // All values of a key with their times by the test's clock, for stale reads and for expiry by a shifted clock.
  #history = new Map();

  constructor(real) {
    this.#real = real;
  }

  async get(key, options) {
    return this.#read("get", key, (key) => this.#real.get(key, options), options);
  }
  async getWithMetadata(key, options) {
    const none = { value: null, metadata: null, cacheStatus: null };
    const wrap = (value) => ({ ...none, value });
    return this.#read("get", key, (key) => this.#real.getWithMetadata(key, options), options, wrap, none);
  }
  async list(options) {
    return perform({ store: "kv", op: "list", key: options?.prefix ?? "" }, () => this.#real.list(options));
  }
  async put(key, value, options) {
    const shift = Math.round(offsetOf(current()?.test) / 1000);
    const absolute = options?.expiration === undefined ? {} : { expiration: options.expiration - shift };
    return perform({ store: "kv", op: "put", key }, async () => {
      const text = typeof value === "string" ? value : await new Response(value).text();
      await this.#real.put(key, text, { ...options, ...absolute });
      const expires = options?.expiration ? options.expiration * 1000 : Date.now() + (options?.expirationTtl ?? Infinity) * 1000;
      this.#addVersion(key, text, expires);
    });
  }
  async delete(key) {
    return perform({ store: "kv", op: "delete", key }, async () => {
      await this.#real.delete(key);
      this.#addVersion(key, null, Infinity);
    });
  }

  #addVersion(key, text, expires) {
    const versions = this.#history.get(key) ?? [];
    versions.push({ at: Date.now(), text, expires });
    this.#history.set(key, versions);
  }

  async #read(op, key, read, options, wrap = (value) => value, none = null) {
    const keys = Array.isArray(key) ? key : [key];
    const call = { store: "kv", op, key: keys.join(" ") };
    if (Array.isArray(key)) return perform(call, () => read(key));
    const isExpired = ({ expires }) => expires <= Date.now();
    const fresh = () => (this.#history.get(key)?.at(-1)?.expires <= Date.now() ? none : read(key));
    const stale = (seconds) => {
      const then = this.#history.get(key)?.findLast(({ at }) => at <= Date.now() - seconds * 1000);
      return !then || then.text === null || isExpired(then) ? none : wrap(decode(then.text, options));
    };
    return perform(call, fresh, stale);
  }
}

export class R2Bucket {
  #real;
  constructor(real) {
    this.#real = real;
  }
  get(key, options) {
    return perform({ store: "r2", op: "get", key }, () => this.#real.get(key, options));
  }
  put(key, value, options) {
    return perform({ store: "r2", op: "put", key }, () => this.#real.put(key, value, options));
  }
}

/** The messages of this server that were sent, oldest first. */
export const sent = [];

export class SendEmail {
  #real;
  constructor(real) {
    this.#real = real;
  }
  send(message) {
    const { from, to, subject, headers } = message;
    return perform({ store: "email", op: "send", key: subject }, async () => {
      const result = await this.#real.send(message);
      sent.push({ from, to, subject, headers, id: result.messageId.replace(/^<|>$/g, "") });
      return result;
    });
  }
}

export class Ratelimit {
  #real;
  constructor(real) {
    this.#real = real;
  }
  limit(options) {
    current()?.rateLimitKeys.push(options.key);
    return this.#real.limit(options);
  }
}

function decode(text, options) {
  const type = typeof options === "string" ? options : options?.type;
  if (type === "json") return JSON.parse(text);
  if (type === "arrayBuffer") return new TextEncoder().encode(text).buffer;
  if (type === "stream") return new Response(text).body;
  return text;
}
