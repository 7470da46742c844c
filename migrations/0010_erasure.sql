-- Erasure of users. The last entry about a user's status may say that the user was erased: a row that is added again with such an id
-- differs from the audit log.
DROP INDEX audit_account;
CREATE INDEX audit_account ON audit (subject)
  WHERE kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased');
