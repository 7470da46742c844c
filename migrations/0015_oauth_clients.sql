-- OAuth clients: the applications and services that super administrators have registered.

CREATE TABLE oauth_clients (
  id                         TEXT NOT NULL PRIMARY KEY, -- UUID, the client_id
  name                       TEXT NOT NULL,             -- 1 to 64 code points
  name_search                TEXT NOT NULL,             -- the name in lower case and NFC, by which lists are sorted and searched
  kind                       TEXT NOT NULL CHECK (kind IN ('public', 'confidential')),
  token_endpoint_auth_method TEXT NOT NULL
    CHECK (token_endpoint_auth_method IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')),
  secret_hash                TEXT,                      -- lower-case hex SHA-256 of the secret, which has 256 random bits; NULL without one
  secret_created_at          TEXT,                      -- NULL without a secret
  jwks                       TEXT,                      -- JSON, public keys only; NULL without private_key_jwt
  redirect_uris              TEXT NOT NULL,             -- JSON list
  post_logout_redirect_uris  TEXT NOT NULL,             -- JSON list
  grant_types                TEXT NOT NULL,             -- JSON list
  scope                      TEXT NOT NULL,             -- of client credentials, separated by spaces
  is_active                  INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  version                    INTEGER NOT NULL DEFAULT 1, -- number of changes by administrators; a change states the version that it is based on
  created_at                 TEXT NOT NULL,
  updated_at                 TEXT NOT NULL,             -- last change by an administrator
  created_by                 TEXT,                      -- user; NULL after the user was erased
  last_used_at               TEXT,                      -- NULL before the first use
  CHECK ((kind = 'public') = (token_endpoint_auth_method = 'none')),
  CHECK ((secret_hash IS NOT NULL) = (token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post'))),
  CHECK ((secret_hash IS NULL) = (secret_created_at IS NULL)),
  CHECK ((jwks IS NOT NULL) = (token_endpoint_auth_method = 'private_key_jwt'))
) STRICT;

CREATE INDEX oauth_clients_list ON oauth_clients (name_search, id);
CREATE INDEX oauth_clients_creator ON oauth_clients (created_by);

CREATE TRIGGER users_erased_are_no_creators AFTER DELETE ON users
BEGIN
  UPDATE oauth_clients SET created_by = NULL WHERE created_by = OLD.id;
END;
