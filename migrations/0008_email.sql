-- When the user confirmed the address with a link that was sent to it; NULL: not confirmed.
ALTER TABLE users ADD COLUMN email_verified_at TEXT;

-- A changed address is not confirmed, even if only its spelling differs: messages go to the address as it is spelled. A statement that
-- changes it with a confirmation sets the time afterwards.
CREATE TRIGGER users_changed_email_is_not_verified AFTER UPDATE OF email, email_key ON users
WHEN NEW.email IS NOT OLD.email OR NEW.email_key IS NOT OLD.email_key
BEGIN
  UPDATE users SET email_verified_at = NULL WHERE id = NEW.id;
END;

-- How often the hash of the password was changed, also when the same password was hashed again with other parameters. A request
-- that was checked before a change has no effect after it.
ALTER TABLE users ADD COLUMN password_version INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER users_changed_password_has_another_version AFTER UPDATE OF password_hash ON users
WHEN NEW.password_hash IS NOT OLD.password_hash
BEGIN
  UPDATE users SET password_version = OLD.password_version + 1 WHERE id = NEW.id;
END;

-- The address that a link was sent to, as it was stored; NULL for a link of the command line.
ALTER TABLE password_links ADD COLUMN sent_to TEXT;

-- Links that were sent by e-mail and change the address of a user. The secret has 256 random bits, of which only the hash is stored.
CREATE TABLE email_links (
  number     INTEGER NOT NULL PRIMARY KEY,      -- in the order of creation
  id         TEXT NOT NULL UNIQUE,              -- lower-case hex SHA-256 of the secret
  user_id    TEXT NOT NULL REFERENCES users (id),
  purpose    TEXT NOT NULL CHECK (purpose IN ('confirm', 'revert')),
  email      TEXT NOT NULL,                     -- the new address, or the earlier one that is restored
  email_key  TEXT NOT NULL,                     -- its key, as in users
  session    TEXT,                              -- sessions.id: where the change was requested; NULL for 'revert'
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX email_links_user ON email_links (user_id, purpose);
CREATE INDEX email_links_end ON email_links (expires_at);
-- No other user gets an address while a link can restore it.
CREATE INDEX email_links_restores ON email_links (email_key) WHERE purpose = 'revert';

-- Requests that are counted against a budget per hour.
--
-- key                        what it counts
-- site:{keyed hash}          requests for a forgotten password from a client site
-- address:{keyed hash}       messages to an address that a request asked for
-- taken:{keyed hash}         notices to the user of an address that another user asked for
-- change:{user id}           changes of address that a user asked for
-- {kind of notice}:{user id} notices to a user
CREATE TABLE email_requests (
  number INTEGER NOT NULL PRIMARY KEY,
  key    TEXT NOT NULL,
  at     TEXT NOT NULL
) STRICT;

CREATE INDEX email_requests_key ON email_requests (key, at);
CREATE INDEX email_requests_end ON email_requests (at);
