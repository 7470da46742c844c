-- A super administrator can revoke all grants to an OAuth client at once, however many there are: the client then requires grants and
-- consents that are based on its new version. The cron event deletes the earlier ones.

ALTER TABLE oauth_clients ADD COLUMN grants_from_version INTEGER NOT NULL DEFAULT 0; -- grants and consents of earlier versions are revoked
ALTER TABLE oauth_grants ADD COLUMN client_version INTEGER NOT NULL DEFAULT 0;       -- version of the client at the consent
ALTER TABLE oauth_consents ADD COLUMN client_version INTEGER NOT NULL DEFAULT 0;     -- version of the client at the last consent

CREATE INDEX oauth_grants_client_version ON oauth_grants (client_id, client_version);
CREATE INDEX oauth_consents_client_version ON oauth_consents (client_id, client_version);

-- The new indexes begin with the same column.
DROP INDEX oauth_grants_client;
DROP INDEX oauth_consents_client;
