-- A deleted OAuth client may have a million grants and consents. The cron event deletes them, a thousand at a time, and then the client.

ALTER TABLE oauth_clients ADD COLUMN deleted_at TEXT; -- NULL unless the client was deleted

CREATE INDEX oauth_clients_deleted ON oauth_clients (deleted_at);
