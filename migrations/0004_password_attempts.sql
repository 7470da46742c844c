-- Failed password attempts. An attempt is counted as failed when it is reserved, before its password is hashed. The count is
-- reverted when the whole sign-in has succeeded.
--
-- key                                what it counts                                     kept
-- typed:{keyed hash}                 attempts for what was typed, whether or not it     1 day
--                                    is the name of a user: sets the back-off
-- account:{user id}                  failures of an account, by any of its names, on    30 days; once the account is locked,
--                                    unrecognised devices: locks the account            until a one-time link
-- account:unknown                    one row for all names that no user has, so that    always
--                                    both cases do the same work; locks nothing
-- device:{user id}:{device}          attempts on a recognised device: back-off and      30 days; once locked, until a
--                                    lock of their own                                  one-time link
-- session:{session id}               changes of password: back-off and lock of their    30 days; once locked, until the
--                                    own                                                session's absolute end
CREATE TABLE sign_in_attempts (
  key           TEXT NOT NULL PRIMARY KEY,
  failures      INTEGER NOT NULL,            -- in a row, the attempt in flight included
  open_at_ms    INTEGER NOT NULL,            -- milliseconds since 1970; no attempt is evaluated before
  busy_until_ms INTEGER NOT NULL DEFAULT 0,  -- an attempt is in flight until then at most; 0: none
  ends_at       TEXT                         -- when the row is removed; NULL: locked
) STRICT;

CREATE INDEX sign_in_attempts_end ON sign_in_attempts (ends_at) WHERE ends_at IS NOT NULL;

-- Failures per client network (an IPv4 address or an IPv6 /64) as a leaky bucket.
CREATE TABLE address_attempts (
  address     TEXT NOT NULL PRIMARY KEY,
  empty_at_ms INTEGER NOT NULL               -- when the bucket will be empty, in milliseconds since 1970
) STRICT;

CREATE INDEX address_attempts_end ON address_attempts (empty_at_ms);
