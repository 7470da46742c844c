-- A person's live sessions in the order of their sign-ins, and those that ended by when they did: the oldest of too many are
-- found without reading the others, however many are kept until their end.
CREATE INDEX sessions_person ON sessions (user_id, revoked_at, created_at);
DROP INDEX sessions_user;
