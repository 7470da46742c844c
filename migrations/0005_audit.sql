-- The audit log. Rows are only ever added, each in the batch that makes the change it records; other changes are refused below.
CREATE TABLE audit (
  number   INTEGER NOT NULL PRIMARY KEY,        -- 1, 2, 3, … without a gap, given inside the INSERT
  id       TEXT NOT NULL UNIQUE,                -- random UUID
  at       TEXT NOT NULL,                       -- YYYY-MM-DDTHH:MM:SSZ, by the clock of who wrote it
  kind     TEXT NOT NULL,                       -- what happened
  outcome  TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor    TEXT,                                -- user id of who did it, or 'command-line'; NULL if unknown
  subject  TEXT,                                -- id of the user that the entry is about
  name_key TEXT,                                -- keyed hash of a name that no user has: users type passwords there
  session  TEXT,                                -- sessions.id
  detail   TEXT,                                -- fixed words of ours
  address  TEXT,                                -- client address
  device   TEXT,                                -- User-Agent, shortened
  request  TEXT NOT NULL,                       -- Cloudflare's ray id, or a random UUID
  mac      TEXT                                 -- hex HMAC-SHA-256 of all but number; NULL if written without the key
) STRICT;

-- Searches are by time, newest first; `number` is part of every index.
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_kind ON audit (kind, at);
CREATE INDEX audit_subject ON audit (subject, at);
CREATE INDEX audit_actor ON audit (actor, at) WHERE actor IS NOT subject;
CREATE INDEX audit_unsigned ON audit (number) WHERE mac IS NULL;

-- A remote command line has no key: the Worker's cron signs what it wrote, and says when.
CREATE TABLE audit_signatures (
  number    INTEGER NOT NULL PRIMARY KEY,       -- audit.number
  mac       TEXT NOT NULL,                      -- hex HMAC-SHA-256 of number, signed_at and the row
  signed_at TEXT NOT NULL
) STRICT;

-- The cron seals ranges of rows, one after the other; each seal holds on to the one before it.
CREATE TABLE audit_seals (
  number INTEGER NOT NULL PRIMARY KEY,          -- 1, 2, 3, … without a gap
  first  INTEGER NOT NULL,                      -- audit.number of the first row in it
  last   INTEGER NOT NULL UNIQUE,               -- and of the last
  at     TEXT NOT NULL,
  marks  TEXT NOT NULL,                         -- 8 hex digits a row of the chain that leads to mac: tells which row it was
  mac    TEXT NOT NULL                          -- hex HMAC-SHA-256, see account/audit/chain.rs
) STRICT;

-- REPLACE deletes without firing a trigger for it, so an INSERT that would replace is refused before it does.
CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit) OR EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'audit: rows are only added');
END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'audit: rows are only added');
END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'audit: rows are only added');
END;

CREATE TRIGGER audit_signatures_insert BEFORE INSERT ON audit_signatures
WHEN EXISTS (SELECT 1 FROM audit_signatures WHERE number = NEW.number)
BEGIN
  SELECT RAISE(ABORT, 'audit_signatures: rows are only added');
END;
CREATE TRIGGER audit_signatures_update BEFORE UPDATE ON audit_signatures BEGIN
  SELECT RAISE(ABORT, 'audit_signatures: rows are only added');
END;
CREATE TRIGGER audit_signatures_delete BEFORE DELETE ON audit_signatures BEGIN
  SELECT RAISE(ABORT, 'audit_signatures: rows are only added');
END;

CREATE TRIGGER audit_seals_insert BEFORE INSERT ON audit_seals
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_seals)
  OR NEW.first IS NOT (SELECT coalesce(max(last), 0) + 1 FROM audit_seals)
  OR NEW.last < NEW.first
BEGIN
  SELECT RAISE(ABORT, 'audit_seals: rows are only added');
END;
CREATE TRIGGER audit_seals_update BEFORE UPDATE ON audit_seals BEGIN
  SELECT RAISE(ABORT, 'audit_seals: rows are only added');
END;
CREATE TRIGGER audit_seals_delete BEFORE DELETE ON audit_seals BEGIN
  SELECT RAISE(ABORT, 'audit_seals: rows are only added');
END;
