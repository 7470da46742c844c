-- Administration: search and lists of users, and changes of a user that do not overwrite each other.

-- Number of changes of the columns that administrators see, without sign-ins. A change states the version that it is based on.
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

-- The last sign-in, as a text that is never NULL, so that a list can continue after a user who has not signed in yet.
ALTER TABLE users ADD COLUMN last_login_order TEXT GENERATED ALWAYS AS (coalesce(last_login, '')) VIRTUAL;

-- Lists, each in the order of an index. A list of active and disabled users merges two ranges. A sign-in writes to users_list_login
-- only. Searches by user name use users_list_username.
CREATE INDEX users_list_created ON users (is_active, created_at, id);
CREATE INDEX users_list_role_created ON users (role, is_active, created_at, id);
CREATE INDEX users_list_source_created ON users (source, is_active, created_at, id);
CREATE INDEX users_list_username ON users (is_active, username_search, id);
CREATE INDEX users_list_role_username ON users (role, is_active, username_search, id);
CREATE INDEX users_list_source_username ON users (source, is_active, username_search, id);
CREATE INDEX users_list_login ON users (is_active, last_login_order, id);
CREATE INDEX users_search_email ON users (email_search, id);
CREATE INDEX users_search_name ON users (name_search, id);
