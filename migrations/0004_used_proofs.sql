-- Proofs of AWS identity that have signed in: each does so once. Only the hash of a signature is kept, until the proof is
-- too old for AWS as well.
CREATE TABLE used_proofs (
  id      TEXT NOT NULL PRIMARY KEY,            -- lower-case hex SHA-256 of the signature
  ends_at TEXT NOT NULL
) STRICT;

CREATE INDEX used_proofs_end ON used_proofs (ends_at);
