-- One-time links that set a password: 256 random bits, of which only the hash is kept, for one hour and one use.
CREATE TABLE password_links (
  id         TEXT NOT NULL PRIMARY KEY,         -- lower-case hex SHA-256 of the link's secret
  user_id    TEXT NOT NULL REFERENCES users (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_by    TEXT                               -- random mark of the request that used it, so that one of many wins
) STRICT;

CREATE INDEX password_links_user ON password_links (user_id);
CREATE INDEX password_links_end ON password_links (expires_at);
