-- One-time secrets with which the first super administrator is created. `cargo xtask bootstrap` adds them through wrangler. A secret
-- has 256 random bits, of which only the hash is stored. It is valid for one hour, can be used once, and only while there is no active
-- super administrator.
CREATE TABLE bootstrap_secrets (
  id         TEXT NOT NULL PRIMARY KEY,         -- lower-case hex SHA-256 of the secret
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_by    TEXT                               -- id of the user that was created with it
) STRICT;

CREATE INDEX bootstrap_secrets_end ON bootstrap_secrets (expires_at);

-- Only the command line of earlier releases, which worked on the database, looked for users of an identity source by user name.
DROP INDEX users_source_username;
