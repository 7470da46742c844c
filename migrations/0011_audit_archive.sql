-- Archived ranges of the audit log. The cron event writes whole checkpoints to R2 as JSON Lines, records them here and deletes
-- their rows, all rows of a range in one batch. The checkpoints stay.
CREATE TABLE audit_archives (
  number     INTEGER NOT NULL PRIMARY KEY,      -- 1, 2, 3, … without a gap
  first      INTEGER NOT NULL,                  -- audit.number of its first row
  last       INTEGER NOT NULL UNIQUE,           -- audit.number of its last row, the last one of a checkpoint
  earliest   TEXT NOT NULL,                     -- the earliest audit.at of its rows
  latest     TEXT NOT NULL,                     -- the latest one
  object     TEXT NOT NULL,                     -- key of the object in R2
  sha256     TEXT NOT NULL,                     -- hex SHA-256 of the object
  at         TEXT NOT NULL,                     -- when it was archived
  key        TEXT NOT NULL,                     -- id of the AUDIT_KEY of mac
  mac        TEXT NOT NULL                      -- hex HMAC-SHA-256 of the other columns, see src/domain/audit/archive.rs
) STRICT;

-- The role and status of users as archived entries state them: the entries of role and status are compared with the users.
CREATE TABLE audit_accounts (
  subject     TEXT NOT NULL PRIMARY KEY,        -- users.id, also of a user that was erased
  role_detail TEXT,                             -- detail of the last archived entry that states a role
  role_number INTEGER NOT NULL,                 -- audit.number of this entry; 0 if there is none
  status_kind TEXT,                             -- kind of the last archived entry that states a status
  status_number INTEGER NOT NULL,               -- audit.number of this entry; 0 if there is none
  key         TEXT NOT NULL,                    -- id of the AUDIT_KEY of mac
  mac         TEXT NOT NULL                     -- hex HMAC-SHA-256 of the other columns, see src/domain/audit/archived_account.rs
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_accounts_role ON audit_accounts (role_number);
CREATE INDEX audit_accounts_status ON audit_accounts (status_number);
-- Finds the rows that have to be signed again after a rotation of AUDIT_KEY.
CREATE INDEX audit_accounts_key ON audit_accounts (key, role_number);

-- The end of the log is never archived: numbers are assigned after the highest one.
CREATE TRIGGER audit_archives_insert BEFORE INSERT ON audit_archives
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_archives)
  OR NEW.first IS NOT (SELECT coalesce(max(last), 0) + 1 FROM audit_archives)
  OR NEW.last < NEW.first
  OR NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE last = NEW.last)
  OR NEW.last >= (SELECT max(number) FROM audit)
BEGIN
  SELECT RAISE(ABORT, 'audit_archives: rows are only added');
END;
CREATE TRIGGER audit_archives_update BEFORE UPDATE ON audit_archives BEGIN
  SELECT RAISE(ABORT, 'audit_archives: rows are only added');
END;
CREATE TRIGGER audit_archives_delete BEFORE DELETE ON audit_archives BEGIN
  SELECT RAISE(ABORT, 'audit_archives: rows are only added');
END;

-- REPLACE deletes a row without firing the DELETE trigger, and fires that of INSERT.
CREATE TRIGGER audit_accounts_insert BEFORE INSERT ON audit_accounts
WHEN max(NEW.role_number, NEW.status_number) > (SELECT coalesce(max(last), 0) FROM audit_archives)
  OR EXISTS (
    SELECT 1 FROM audit_accounts
    WHERE subject = NEW.subject AND (
      role_number > NEW.role_number OR status_number > NEW.status_number
      OR (role_number = NEW.role_number AND role_detail IS NOT NEW.role_detail)
      OR (status_number = NEW.status_number AND status_kind IS NOT NEW.status_kind)))
BEGIN
  SELECT RAISE(ABORT, 'audit_accounts: rows follow the archived entries');
END;
CREATE TRIGGER audit_accounts_update BEFORE UPDATE ON audit_accounts
WHEN NEW.subject IS NOT OLD.subject
  OR max(NEW.role_number, NEW.status_number) > (SELECT coalesce(max(last), 0) FROM audit_archives)
  OR NEW.role_number < OLD.role_number OR NEW.status_number < OLD.status_number
  OR (NEW.role_number = OLD.role_number AND NEW.role_detail IS NOT OLD.role_detail)
  OR (NEW.status_number = OLD.status_number AND NEW.status_kind IS NOT OLD.status_kind)
BEGIN
  SELECT RAISE(ABORT, 'audit_accounts: rows follow the archived entries');
END;
CREATE TRIGGER audit_accounts_delete BEFORE DELETE ON audit_accounts BEGIN
  SELECT RAISE(ABORT, 'audit_accounts: rows follow the archived entries');
END;

-- Only archived rows may be deleted.
DROP TRIGGER audit_delete;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
WHEN OLD.number > (SELECT coalesce(max(last), 0) FROM audit_archives)
BEGIN
  SELECT RAISE(ABORT, 'audit: rows are only added, and removed once they are archived');
END;
DROP TRIGGER audit_signatures_delete;
CREATE TRIGGER audit_signatures_delete BEFORE DELETE ON audit_signatures
WHEN OLD.number > (SELECT coalesce(max(last), 0) FROM audit_archives)
BEGIN
  SELECT RAISE(ABORT, 'audit_signatures: rows are only added, and removed once they are archived');
END;

-- The last entry that was sent to AUDIT_WEBHOOK_URL.
CREATE TABLE audit_webhook (
  id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  last    INTEGER NOT NULL,                     -- audit.number
  sent_at TEXT NOT NULL
) STRICT;

-- The last cron event.
CREATE TABLE cron_runs (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  started_at TEXT NOT NULL,
  ended_at   TEXT NOT NULL,
  failed     TEXT NOT NULL                      -- names of the parts that failed, separated by commas
) STRICT;

-- Counts locked accounts without reading other counters.
CREATE INDEX sign_in_attempts_locked ON sign_in_attempts (key) WHERE failures >= 100;
