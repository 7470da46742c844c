-- The users and OAuth clients that may currently change users. Statements that change a user check their actor in this view. A
-- client with the scope `users:write` has the permissions of the role `admin`.

CREATE VIEW administrators (id, role) AS
  SELECT id, role FROM users WHERE is_active = 1 AND role IN ('admin', 'super_admin')
  UNION ALL
  SELECT id, 'admin' FROM oauth_clients
  WHERE is_active = 1 AND kind = 'confidential' AND instr(' ' || scope || ' ', ' users:write ') > 0;
