-- A deleted OAuth client may have a million grants and consents. The cron event deletes them, a thousand at a time, and then the client.

ALTER TABLE oauth_clients ADD COLUMN deleted_at TEXT; -- NULL unless the client was deleted

-- After a rollback, the previous release shows a deleted client as disabled. This trigger prevents an administrator from enabling it.
CREATE TRIGGER oauth_clients_deleted_stay_disabled BEFORE UPDATE OF is_active ON oauth_clients
WHEN OLD.deleted_at IS NOT NULL AND NEW.is_active = 1
BEGIN
  SELECT RAISE(ABORT, 'the client was deleted');
END;
