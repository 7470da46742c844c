-- AWS proofs that were used to sign in. Each proof can be used once. Only the hash of a signature is stored, until the proof is
-- too old to be accepted by AWS.
CREATE TABLE used_proofs (
  id      TEXT NOT NULL PRIMARY KEY,            -- lower-case hex SHA-256 of the signature
  ends_at TEXT NOT NULL
) STRICT;

CREATE INDEX used_proofs_end ON used_proofs (ends_at);
