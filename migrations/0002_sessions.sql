-- The record of every session; KV only holds copies. A session ends at ends_at or when revoked_at is set, never later.
CREATE TABLE sessions (
  id               TEXT NOT NULL PRIMARY KEY,   -- lower-case hex SHA-256 of the token's sid
  user_id          TEXT NOT NULL REFERENCES users (id),
  generation       INTEGER NOT NULL,            -- of the one token that is current
  created_at       TEXT NOT NULL,               -- the sign-in
  rotated_at       TEXT NOT NULL,               -- iat of the current token: the last refresh, or the sign-in
  token_expires_at TEXT NOT NULL,               -- exp of the current token
  ends_at          TEXT NOT NULL,               -- absolute end
  revoked_at       TEXT,
  device           TEXT,                        -- User-Agent at sign-in, shortened
  address          TEXT                         -- client address at sign-in
) STRICT;

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);
