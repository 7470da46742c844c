-- The audit log. Rows are only added, each in the batch that makes the change that it records.
CREATE TABLE audit (
  number      INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),  -- 1, 2, 3, … without a gap, assigned inside the INSERT
  id          TEXT NOT NULL UNIQUE,             -- random UUID
  at          TEXT NOT NULL,                    -- YYYY-MM-DDTHH:MM:SSZ, by the clock of the writer
  kind        TEXT NOT NULL,                    -- what happened
  outcome     TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor       TEXT,                             -- user id, or 'command-line'; NULL if unknown
  subject     TEXT,                             -- id of the user that the entry is about
  name_key    TEXT,                             -- keyed hash of a name that no user has; some users type their password there
  session     TEXT,                             -- sessions.id
  detail      TEXT,                             -- fixed text
  client_hash TEXT,                             -- hex SHA-256 of salt, address and device in audit_clients; NULL if neither is known
  request     TEXT NOT NULL,                    -- Cloudflare's ray id, or a random UUID
  mac         TEXT                              -- hex HMAC-SHA-256 of all columns but number; NULL if written without the key
) STRICT;

-- Searches are by time, newest first; `number` is part of every index.
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_kind ON audit (kind, at);
CREATE INDEX audit_subject ON audit (subject, at);
CREATE INDEX audit_actor ON audit (actor, at) WHERE actor IS NOT subject;
CREATE INDEX audit_unsigned ON audit (number) WHERE mac IS NULL;
-- The last entry about a user's role and status, without reading their sign-ins.
CREATE INDEX audit_account ON audit (subject)
  WHERE kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled');

-- The client of an entry. It is bound to the entry by a salted hash, so a row can be erased without breaking the chain, and
-- the remaining hash cannot be matched against a list of addresses.
CREATE TABLE audit_clients (
  number  INTEGER NOT NULL PRIMARY KEY,         -- audit.number
  salt    TEXT NOT NULL,                        -- 16 random bytes in hex
  address TEXT,                                 -- client address
  device  TEXT                                  -- User-Agent, shortened
) STRICT;

-- A remote command line has no key, so the Worker's cron event signs its entries and records when.
CREATE TABLE audit_signatures (
  number    INTEGER NOT NULL PRIMARY KEY,       -- audit.number
  mac       TEXT NOT NULL,                      -- hex HMAC-SHA-256 of number, signed_at and the row
  signed_at TEXT NOT NULL
) STRICT;

-- The cron event chains ranges of rows into checkpoints; each checkpoint covers the one before it.
CREATE TABLE audit_checkpoints (
  number INTEGER NOT NULL PRIMARY KEY,          -- 1, 2, 3, … without a gap
  first  INTEGER NOT NULL,                      -- audit.number of its first row
  last   INTEGER NOT NULL UNIQUE,               -- audit.number of its last row
  at     TEXT NOT NULL,
  key    TEXT NOT NULL,                         -- id of the AUDIT_KEY that made it
  marks  TEXT NOT NULL,                         -- 8 hex digits per row of the chain that leads to mac: shows which row differs
  mac    TEXT NOT NULL                          -- hex HMAC-SHA-256, see src/domain/audit/chain.rs
) STRICT;

-- REPLACE deletes a row without firing the DELETE trigger, so an INSERT that would replace a row is refused.
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

-- Rows of audit_clients may be deleted, which erases the personal data.
CREATE TRIGGER audit_clients_insert BEFORE INSERT ON audit_clients
WHEN EXISTS (SELECT 1 FROM audit_clients WHERE number = NEW.number)
BEGIN
  SELECT RAISE(ABORT, 'audit_clients: rows are not changed');
END;
CREATE TRIGGER audit_clients_update BEFORE UPDATE ON audit_clients BEGIN
  SELECT RAISE(ABORT, 'audit_clients: rows are not changed');
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

CREATE TRIGGER audit_checkpoints_insert BEFORE INSERT ON audit_checkpoints
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_checkpoints)
  OR NEW.first IS NOT (SELECT coalesce(max(last), 0) + 1 FROM audit_checkpoints)
  OR NEW.last < NEW.first
BEGIN
  SELECT RAISE(ABORT, 'audit_checkpoints: rows are only added');
END;
CREATE TRIGGER audit_checkpoints_update BEFORE UPDATE ON audit_checkpoints BEGIN
  SELECT RAISE(ABORT, 'audit_checkpoints: rows are only added');
END;
CREATE TRIGGER audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints BEGIN
  SELECT RAISE(ABORT, 'audit_checkpoints: rows are only added');
END;
