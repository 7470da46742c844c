-- Proofs of an AWS identity that have signed in, so that each does so once. Only the hash of a signature is stored, until AWS
-- also considers the proof too old.
CREATE TABLE used_proofs (
  id      TEXT NOT NULL PRIMARY KEY,            -- lower-case hex SHA-256 of the signature
  ends_at TEXT NOT NULL
) STRICT;

CREATE INDEX used_proofs_end ON used_proofs (ends_at);
