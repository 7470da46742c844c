-- All sessions. KV only caches them. A session ends at ends_at, or at revoked_at if that is set.
CREATE TABLE sessions (
  id               TEXT NOT NULL PRIMARY KEY,   -- lower-case hex SHA-256 of the token's sid
  user_id          TEXT NOT NULL REFERENCES users (id),
  generation       INTEGER NOT NULL,            -- generation of the current token
  created_at       TEXT NOT NULL,               -- time of the sign-in
  rotated_at       TEXT NOT NULL,               -- iat of the current token: the last refresh, or the sign-in
  recent_rotations TEXT NOT NULL DEFAULT '[]',  -- JSON, see src/domain/session/rotations.rs
  token_expires_at TEXT NOT NULL,               -- exp of the current token
  ends_at          TEXT NOT NULL,               -- when the session reaches its maximum age
  revoked_at       TEXT,
  last_used_at     TEXT,                        -- to within an hour; if NULL or earlier than rotated_at, rotated_at applies
  device           TEXT,                        -- User-Agent at the sign-in, shortened
  address          TEXT,                        -- client address at the sign-in
  refresh_device   TEXT,                        -- User-Agent at the last refresh, shortened; NULL before the first
  refresh_address  TEXT                         -- client address at the last refresh; NULL before the first
) STRICT;

-- The live sessions of a user: a session expires when its current token can no longer be refreshed.
CREATE INDEX sessions_live ON sessions (user_id, revoked_at, token_expires_at);
CREATE INDEX sessions_end ON sessions (ends_at);
-- The sessions whose current token was issued before TOKENS_NOT_BEFORE.
CREATE INDEX sessions_issued ON sessions (rotated_at) WHERE revoked_at IS NULL;
