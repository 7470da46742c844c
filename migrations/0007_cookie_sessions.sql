-- Cookie sessions, when the user of a session last authenticated, and in which country the client was. A cookie session is used with the session cookie instead of
-- a token. Its generation is that of the cookie, and it expires at token_expires_at unless it is used before.
ALTER TABLE sessions ADD COLUMN is_cookie INTEGER NOT NULL DEFAULT 0 CHECK (is_cookie IN (0, 1));
-- The method of the sign-in. NULL for a session that a release without this column created.
ALTER TABLE sessions ADD COLUMN method TEXT;
-- The last step-up or change of password. NULL if there was none since the sign-in.
ALTER TABLE sessions ADD COLUMN authenticated_at TEXT;
-- The country of the client at the sign-in, as Cloudflare reports it. NULL if it is unknown.
ALTER TABLE sessions ADD COLUMN country TEXT;
-- The country of the client at the last refresh or step-up. NULL before the first, and if it is unknown.
ALTER TABLE sessions ADD COLUMN refresh_country TEXT;
