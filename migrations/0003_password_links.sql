-- One-time links that set a password. The secret has 256 random bits, of which only the hash is stored. A link is valid for one
-- hour and can be used once.
CREATE TABLE password_links (
  id         TEXT NOT NULL PRIMARY KEY,         -- lower-case hex SHA-256 of the secret
  user_id    TEXT NOT NULL REFERENCES users (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_by    TEXT                               -- random mark of the request that used it, so that only one of several succeeds
) STRICT;

CREATE INDEX password_links_user ON password_links (user_id);
CREATE INDEX password_links_end ON password_links (expires_at);
