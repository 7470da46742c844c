-- Failed password attempts. An attempt is counted as failed when it is reserved, before its password is hashed. The count is
-- reverted when the whole sign-in has succeeded.
--
-- key                                what it counts                                     kept for
-- typed:{keyed hash}                 attempts for a typed name, whether or not a user   1 day
--                                    has it: sets the back-off
-- account:{user id}                  failures of an account, by any of its names, on    30 days; once the account is locked,
--                                    unrecognised devices: locks the account            until a one-time link is used
-- account:unknown                    failures for all names that no user has: the work  30 days; after 100 failures,
--                                    is the same as for a user; locks nothing           without limit
-- device:{user id}:{device}          attempts on a recognised device: sets its own      30 days; once locked, until a
--                                    back-off and lock                                  one-time link is used
-- session:{session id}               changes of the password in a session: sets its     30 days; once locked, until the
--                                    own back-off and lock                              session reaches its maximum age
CREATE TABLE sign_in_attempts (
  key           TEXT NOT NULL PRIMARY KEY,
  failures      INTEGER NOT NULL,            -- failures in a row, including the attempt in flight
  open_at_ms    INTEGER NOT NULL,            -- milliseconds since 1970; no attempt is evaluated before this time
  busy_until_ms INTEGER NOT NULL DEFAULT 0,  -- end of the lease of the attempt in flight; 0: there is none
  ends_at       TEXT                         -- when the row is removed; NULL: locked
) STRICT;

CREATE INDEX sign_in_attempts_end ON sign_in_attempts (ends_at) WHERE ends_at IS NOT NULL;

-- Failures per client network (an IPv4 address or an IPv6 /64) as a leaky bucket.
CREATE TABLE address_attempts (
  address     TEXT NOT NULL PRIMARY KEY,
  empty_at_ms INTEGER NOT NULL               -- when the bucket will be empty, in milliseconds since 1970
) STRICT;

CREATE INDEX address_attempts_end ON address_attempts (empty_at_ms);
