-- Assertions with which OAuth clients have authenticated, so that each is used once (RFC 7523 section 3).

CREATE TABLE used_assertions (
  id         TEXT NOT NULL PRIMARY KEY, -- lower-case hex SHA-256 of the client and the jti
  expires_at TEXT NOT NULL              -- when the assertion is no longer accepted in any case
) STRICT;

CREATE INDEX used_assertions_end ON used_assertions (expires_at);
