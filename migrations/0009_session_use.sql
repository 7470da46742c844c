-- Columns for judging the rotated-out tokens of a session, and for showing and ordering sessions by use.
ALTER TABLE sessions ADD COLUMN recent_rotations TEXT NOT NULL DEFAULT '[]'; -- JSON, see src/domain/session/rotations.rs
ALTER TABLE sessions ADD COLUMN last_used_at TEXT;    -- exact to an hour; NULL, or earlier than rotated_at: use rotated_at
ALTER TABLE sessions ADD COLUMN refresh_device TEXT;  -- User-Agent at the last refresh, shortened; NULL before the first
ALTER TABLE sessions ADD COLUMN refresh_address TEXT; -- client address at the last refresh; NULL before the first

-- The live sessions of a user: a session expires when its current token can no longer be refreshed.
CREATE INDEX sessions_live ON sessions (user_id, revoked_at, token_expires_at);
DROP INDEX sessions_person;
-- The sessions whose current token was issued before TOKENS_NOT_BEFORE.
CREATE INDEX sessions_issued ON sessions (rotated_at) WHERE revoked_at IS NULL;
