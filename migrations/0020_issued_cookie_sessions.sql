-- For the revocation of cookie sessions that began before `TOKENS_NOT_BEFORE`. They live longer than tokens.
CREATE INDEX sessions_issued_cookie ON sessions (rotated_at) WHERE revoked_at IS NULL AND is_cookie = 1;
