-- Access tokens that their client has revoked (RFC 7009), until they would have expired.

CREATE TABLE revoked_access_tokens (
  id         TEXT NOT NULL PRIMARY KEY, -- the jti, a UUID
  expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX revoked_access_tokens_end ON revoked_access_tokens (expires_at);
