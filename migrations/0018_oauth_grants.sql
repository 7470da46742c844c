-- Grants of users to OAuth clients. A grant begins with an authorization code, which is valid for 60 seconds, and continues with
-- refresh tokens. Codes and refresh tokens are not stored, because each contains the id of the grant, a generation and a MAC.

CREATE TABLE oauth_grants (
  id               TEXT NOT NULL PRIMARY KEY,  -- UUID, the claim gid of access tokens
  user_id          TEXT NOT NULL REFERENCES users (id),
  client_id        TEXT NOT NULL REFERENCES oauth_clients (id),
  session_id       TEXT NOT NULL,              -- the session in which the user consented, which may be gone
  redirect_uri     TEXT NOT NULL,              -- where the code was sent
  resource         TEXT,                       -- NULL for the user info endpoint only
  scope            TEXT NOT NULL,              -- separated by spaces
  code_challenge   TEXT NOT NULL,              -- S256 (RFC 7636)
  nonce            TEXT,                       -- of the ID token
  authenticated_at TEXT NOT NULL,              -- when the user last authenticated
  amr              TEXT NOT NULL,              -- JSON list of the methods (RFC 8176)
  created_at       TEXT NOT NULL,              -- time of the consent
  redeemed_at      TEXT,                       -- when the code was redeemed; NULL before
  generation       INTEGER NOT NULL DEFAULT 0, -- of the current refresh token; 0 is the code
  rotated_at       TEXT,                       -- when the current refresh token was issued
  recent_rotations TEXT NOT NULL DEFAULT '[]', -- as in sessions
  expires_at       TEXT NOT NULL,              -- when the code or the current refresh token expires
  ends_at          TEXT NOT NULL,              -- when the grant reaches its maximum age
  last_used_at     TEXT,                       -- last issue of an access token
  revoked_at       TEXT
) STRICT;

CREATE INDEX oauth_grants_user ON oauth_grants (user_id, revoked_at, expires_at);
CREATE INDEX oauth_grants_client ON oauth_grants (client_id);
CREATE INDEX oauth_grants_end ON oauth_grants (expires_at);

-- Remembered consents, so that a user is not asked again.
CREATE TABLE oauth_consents (
  user_id       TEXT NOT NULL REFERENCES users (id),
  client_id     TEXT NOT NULL REFERENCES oauth_clients (id),
  redirect_host TEXT NOT NULL,
  resource      TEXT NOT NULL DEFAULT '',      -- '' for none
  scope         TEXT NOT NULL,                 -- all scopes that the user has allowed, separated by spaces
  updated_at    TEXT NOT NULL,
  PRIMARY KEY (user_id, client_id, redirect_host, resource)
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_consents_client ON oauth_consents (client_id);
