-- One row a person. A person is (source, subject): password users have the source 'password' and no subject, people from
-- an identity source have its name and the stable id that it gives them. Rows are never merged across sources.
CREATE TABLE users (
  id                TEXT NOT NULL PRIMARY KEY,  -- UUID
  source            TEXT NOT NULL,
  subject           TEXT,
  username          TEXT NOT NULL,              -- canonical (RFC 8265 UsernameCaseMapped) where source = 'password'
  username_skeleton TEXT,                       -- UTS #39 skeleton of the username; password users only
  email             TEXT,
  email_key         TEXT,                       -- the e-mail in lower case; password users only
  name              TEXT NOT NULL,
  organization      TEXT,
  aws_region        TEXT,
  role              TEXT NOT NULL CHECK (role IN ('user', 'admin', 'super_admin')),
  is_active         INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  password_hash     TEXT,                       -- PHC string; NULL until a password is set
  created_at        TEXT NOT NULL,              -- every time: YYYY-MM-DDTHH:MM:SSZ
  updated_at        TEXT NOT NULL,              -- profile, role, status, password; not sign-in or rehash
  last_login        TEXT,
  CHECK (source = 'password' OR subject IS NOT NULL),
  CHECK (source <> 'password' OR (subject IS NULL AND username_skeleton IS NOT NULL AND email_key IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX users_person ON users (source, subject) WHERE subject IS NOT NULL;
CREATE UNIQUE INDEX users_password_username ON users (username) WHERE source = 'password';
CREATE UNIQUE INDEX users_password_skeleton ON users (username_skeleton) WHERE source = 'password';
CREATE UNIQUE INDEX users_password_email ON users (email_key) WHERE source = 'password';
