-- Second factors of users: passkeys, one-time codes (TOTP), recovery codes, and sign-ins that wait for a factor.

-- Whether the user has a factor: a passkey or confirmed one-time codes. The triggers below keep it.
ALTER TABLE users ADD COLUMN has_factor INTEGER NOT NULL DEFAULT 0 CHECK (has_factor IN (0, 1));
-- How often the factors of the user were changed. A pending sign-in has no effect after a change.
ALTER TABLE users ADD COLUMN factor_version INTEGER NOT NULL DEFAULT 0;

-- The second factor of the sign-in: 'totp', 'passkey' or 'recovery_code'; NULL if there was none.
ALTER TABLE sessions ADD COLUMN factor TEXT;
-- When the user last authenticated with a factor in this session; NULL if that has not happened.
ALTER TABLE sessions ADD COLUMN factor_at TEXT;
-- Codes that were sent for step-up in this session since the last factor was accepted, including the one in flight; at most 5.
ALTER TABLE sessions ADD COLUMN step_up_codes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE passkeys (
  id                 TEXT NOT NULL PRIMARY KEY, -- UUID
  user_id            TEXT NOT NULL REFERENCES users (id),
  credential_id      TEXT NOT NULL UNIQUE,      -- base64url without padding, of 1 to 1,023 bytes
  public_key         TEXT NOT NULL,             -- COSE_Key, base64url without padding
  sign_count         INTEGER NOT NULL,          -- the counter of the authenticator at the last use; 0 if it has none
  name               TEXT NOT NULL,             -- chosen by the user, 1 to 64 code points
  transports         TEXT NOT NULL,             -- JSON list
  is_backup_eligible INTEGER NOT NULL CHECK (is_backup_eligible IN (0, 1)),
  is_backed_up       INTEGER NOT NULL CHECK (is_backed_up IN (0, 1)),
  created_at         TEXT NOT NULL,
  last_used_at       TEXT                       -- last sign-in or step-up with it; NULL before the first
) STRICT;

CREATE INDEX passkeys_user ON passkeys (user_id, created_at, id);

-- The secrets of one-time codes (RFC 6238). A user has at most one.
CREATE TABLE totp (
  user_id      TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
  secret       TEXT NOT NULL,                   -- sealed with FACTOR_KEY
  key_id       TEXT NOT NULL,                   -- id of the FACTOR_KEY that sealed it
  last_step    INTEGER NOT NULL DEFAULT 0,      -- the latest time step whose code was used; only later ones are accepted
  created_at   TEXT NOT NULL,
  confirmed_at TEXT                             -- when a code confirmed it; NULL: it is not a factor yet
) STRICT;

-- Secrets that the cron event seals again after a rotation of FACTOR_KEY.
CREATE INDEX totp_key ON totp (key_id);

-- Recovery codes. A code has 64 random bits, of which only the hash is stored.
CREATE TABLE recovery_codes (
  user_id    TEXT NOT NULL REFERENCES users (id),
  code_hash  TEXT NOT NULL,                     -- lower-case hex SHA-256 of the user's id and the code
  created_at TEXT NOT NULL,
  used_at    TEXT,                              -- NULL: not used
  PRIMARY KEY (user_id, code_hash)
) STRICT;

-- Wrong one-time and recovery codes of a user in a row. A code is counted as wrong when it is reserved, before it is checked. The row
-- is removed when a factor is accepted, and by no password.
CREATE TABLE factor_attempts (
  user_id    TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
  failures   INTEGER NOT NULL,                  -- including the attempt in flight; from 100 on, codes are locked
  open_at_ms INTEGER NOT NULL                   -- milliseconds since 1970; no code is checked before this time
) STRICT;

-- Sign-ins whose first step succeeded and that wait for a second factor. The client has a secret of 256 random bits, of which only
-- the hash is stored.
CREATE TABLE pending_sign_ins (
  id               TEXT NOT NULL PRIMARY KEY,   -- lower-case hex SHA-256 of the secret
  user_id          TEXT NOT NULL REFERENCES users (id),
  method           TEXT NOT NULL,               -- of the first step: 'password' or 'aws_device'
  is_cookie        INTEGER NOT NULL CHECK (is_cookie IN (0, 1)),
  binding          TEXT NOT NULL,               -- browser:{hash of its cookie}, or network:{IPv4 address or IPv6 /48}
  role             TEXT NOT NULL,               -- role, password_version and factor_version of the user at the first step
  password_version INTEGER NOT NULL,
  factor_version   INTEGER NOT NULL,
  attempt_key      TEXT,                        -- the counter of the password attempt, which counts as failed until the sign-in is complete
  attempt_network  TEXT,                        -- the network whose failures include the attempt
  attempts         INTEGER NOT NULL DEFAULT 0,  -- factors that were checked, including the one in flight; at most 5
  created_at       TEXT NOT NULL,
  expires_at       TEXT NOT NULL,
  session_id       TEXT                         -- the session that it started; NULL: not complete
) STRICT;

CREATE INDEX pending_sign_ins_user ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_end ON pending_sign_ins (expires_at);

-- Challenges of passkeys that were used. Each can be used once. A challenge that was not used is not stored.
CREATE TABLE used_challenges (
  challenge  TEXT NOT NULL PRIMARY KEY,         -- lower-case hex SHA-256 of the challenge
  expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX used_challenges_end ON used_challenges (expires_at);

CREATE TRIGGER passkeys_added_change_factors AFTER INSERT ON passkeys
BEGIN
  UPDATE users SET has_factor = 1, factor_version = factor_version + 1 WHERE id = NEW.user_id;
END;

CREATE TRIGGER passkeys_removed_change_factors AFTER DELETE ON passkeys
BEGIN
  UPDATE users
  SET factor_version = factor_version + 1,
      has_factor = EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = OLD.user_id)
        OR EXISTS (SELECT 1 FROM totp WHERE totp.user_id = OLD.user_id AND confirmed_at IS NOT NULL)
  WHERE id = OLD.user_id;
END;

CREATE TRIGGER totp_confirmed_changes_factors AFTER UPDATE OF confirmed_at ON totp
WHEN NEW.confirmed_at IS NOT NULL AND OLD.confirmed_at IS NULL
BEGIN
  UPDATE users SET has_factor = 1, factor_version = factor_version + 1 WHERE id = NEW.user_id;
END;

CREATE TRIGGER totp_removed_changes_factors AFTER DELETE ON totp
WHEN OLD.confirmed_at IS NOT NULL
BEGIN
  UPDATE users
  SET factor_version = factor_version + 1,
      has_factor = EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = OLD.user_id)
  WHERE id = OLD.user_id;
END;

-- Recovery codes replace a factor, so they go with the last one.
CREATE TRIGGER users_without_factor_have_no_codes AFTER UPDATE OF has_factor ON users
WHEN NEW.has_factor = 0 AND OLD.has_factor = 1
BEGIN
  DELETE FROM recovery_codes WHERE user_id = NEW.id;
  DELETE FROM factor_attempts WHERE user_id = NEW.id;
END;
