-- Administration: search and lists of users, and changes of a user that do not overwrite each other.

-- How often what administrators see of the user was changed, sign-ins aside. A change states the version that it is based on.
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TRIGGER users_changed_have_another_version AFTER UPDATE OF username, email, email_verified_at, name, organization, aws_region,
  role, is_active, updated_at, password_hash ON users
WHEN NEW.username IS NOT OLD.username OR NEW.email IS NOT OLD.email OR NEW.email_verified_at IS NOT OLD.email_verified_at
  OR NEW.name IS NOT OLD.name OR NEW.organization IS NOT OLD.organization OR NEW.aws_region IS NOT OLD.aws_region
  OR NEW.role IS NOT OLD.role OR NEW.is_active IS NOT OLD.is_active OR NEW.updated_at IS NOT OLD.updated_at
  OR (NEW.password_hash IS NULL) IS NOT (OLD.password_hash IS NULL)
BEGIN
  UPDATE users SET version = version + 1 WHERE id = NEW.id;
END;

-- User name, e-mail address and name in lower case and NFC, by which users are searched. The statement that writes the one writes the
-- other, because SQLite maps ASCII only. The names of earlier users are mapped here as far as SQLite can.
ALTER TABLE users ADD COLUMN username_search TEXT;
ALTER TABLE users ADD COLUMN email_search TEXT;
ALTER TABLE users ADD COLUMN name_search TEXT;

UPDATE users SET username_search = lower(username), email_search = lower(email), name_search = lower(name);

-- For writers that know no such columns.
CREATE TRIGGER users_added_can_be_searched AFTER INSERT ON users
WHEN NEW.username_search IS NULL
BEGIN
  UPDATE users SET username_search = lower(username), email_search = lower(email), name_search = lower(name) WHERE id = NEW.id;
END;

-- A derived address is removed by the triggers of migration 1.
CREATE TRIGGER users_removed_email_is_not_searched AFTER UPDATE OF email ON users
WHEN NEW.email IS NULL AND NEW.email_search IS NOT NULL
BEGIN
  UPDATE users SET email_search = NULL WHERE id = NEW.id;
END;
