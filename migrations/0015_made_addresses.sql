-- An address that the service derived from a user name (AWS_EMAIL_DOMAIN) is not confirmed, so it is dropped if a password
-- user has it, whichever of the two comes first. `made_email_key` is the key of such an address, and NULL for any other.
ALTER TABLE users ADD COLUMN made_email_key TEXT;

CREATE INDEX users_made_email ON users (made_email_key) WHERE made_email_key IS NOT NULL;

CREATE TRIGGER users_made_email_yields_to_new AFTER INSERT ON users
WHEN NEW.source = 'password'
BEGIN
  UPDATE users SET email = NULL, made_email_key = NULL WHERE made_email_key = NEW.email_key;
END;

CREATE TRIGGER users_made_email_yields_to_changed AFTER UPDATE OF email_key, source ON users
WHEN NEW.source = 'password'
BEGIN
  UPDATE users SET email = NULL, made_email_key = NULL WHERE made_email_key = NEW.email_key;
END;
