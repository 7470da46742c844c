-- Consecutive failures of sign-ins with a password. An attempt is counted before it is made, so that many at
-- once are not many evaluations, and taken back when it succeeds.
CREATE TABLE sign_in_attempts (
  key        TEXT NOT NULL PRIMARY KEY,    -- account:{user id}, device:{user id}:{device}, name:{keyed hash} of nobody's name,
                                           -- or name:{session id} of changes of password
  failures   INTEGER NOT NULL,             -- in a row, the one that is being made included
  open_at_ms INTEGER NOT NULL,             -- milliseconds since 1970; nothing is evaluated before
  ends_at    TEXT                          -- forgotten then; NULL: off until a one-time link restores it
) STRICT;

CREATE INDEX sign_in_attempts_end ON sign_in_attempts (ends_at) WHERE ends_at IS NOT NULL;

-- Failures by client address (of IPv6 the /64), as a leaky bucket: when it would be empty again.
CREATE TABLE address_attempts (
  address     TEXT NOT NULL PRIMARY KEY,
  empty_at_ms INTEGER NOT NULL             -- milliseconds since 1970
) STRICT;

CREATE INDEX address_attempts_end ON address_attempts (empty_at_ms);

-- What a password user types to sign in. No user name has an `@` and every e-mail has one, so no two people share one.
CREATE VIEW password_logins (login, id) AS
  SELECT username, id FROM users WHERE source = 'password'
  UNION ALL
  SELECT email_key, id FROM users WHERE source = 'password';
