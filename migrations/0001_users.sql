-- Users. A user is identified by (source, subject). Password users have the source 'password' and no subject. Users of an
-- identity source have its name and the stable id that it assigns. Rows of different sources are never merged.
CREATE TABLE users (
  id                TEXT NOT NULL PRIMARY KEY,  -- UUID
  source            TEXT NOT NULL,
  subject           TEXT,
  username          TEXT NOT NULL,              -- canonical (RFC 8265 UsernameCaseMapped) where source = 'password'
  username_skeleton TEXT,                       -- UTS #39 skeleton of the user name; password users only
  email             TEXT,
  email_key         TEXT,                       -- canonical e-mail address (local part in lower case and NFC, domain in ASCII); password users only
  made_email_key    TEXT,                       -- key of an address that was derived from the user name; NULL for any other
  name              TEXT NOT NULL,
  organization      TEXT,
  aws_region        TEXT,
  role              TEXT NOT NULL CHECK (role IN ('user', 'admin', 'super_admin')),
  is_active         INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  password_hash     TEXT,                       -- PHC string; NULL until a password is set
  created_at        TEXT NOT NULL,              -- all times: YYYY-MM-DDTHH:MM:SSZ
  updated_at        TEXT NOT NULL,              -- last change of profile, role, status or password; not of a sign-in or rehash
  last_login        TEXT,
  CHECK (source = 'password' OR subject IS NOT NULL),
  CHECK (source <> 'password' OR (subject IS NULL AND username_skeleton IS NOT NULL AND email_key IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX users_subject ON users (source, subject) WHERE subject IS NOT NULL;
CREATE UNIQUE INDEX users_password_username ON users (username) WHERE source = 'password';
CREATE UNIQUE INDEX users_password_skeleton ON users (username_skeleton) WHERE source = 'password';
CREATE UNIQUE INDEX users_password_email ON users (email_key) WHERE source = 'password';
-- The command line finds users of an identity source by their user name, which two sources may share.
CREATE INDEX users_source_username ON users (username) WHERE source <> 'password';
-- Each cron event compares every user above the role `user` with the audit log.
CREATE INDEX users_privileged ON users (id) WHERE role <> 'user';
CREATE INDEX users_made_email ON users (made_email_key) WHERE made_email_key IS NOT NULL;

-- A derived address is not confirmed, so it is removed if a password user has the same address, whichever of the two is added
-- first.
CREATE TRIGGER users_made_email_yields_to_new AFTER INSERT ON users
WHEN NEW.source = 'password'
BEGIN
  UPDATE users SET email = NULL, made_email_key = NULL WHERE made_email_key = NEW.email_key;
END;

CREATE TRIGGER users_made_email_yields_to_changed AFTER UPDATE OF email_key, source ON users
WHEN NEW.source = 'password'
BEGIN
  UPDATE users SET email = NULL, made_email_key = NULL WHERE made_email_key = NEW.email_key;
END;

-- The names that a password user may type to sign in. A user name has no `@` and an e-mail address has one, so no two users
-- have the same name.
CREATE VIEW password_logins (login, id) AS
  SELECT username, id FROM users WHERE source = 'password'
  UNION ALL
  SELECT email_key, id FROM users WHERE source = 'password';
