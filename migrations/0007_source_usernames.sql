-- The command line finds people of an identity source by the name that it gives them; two sources may give the same.
CREATE INDEX users_source_username ON users (username) WHERE source <> 'password';
