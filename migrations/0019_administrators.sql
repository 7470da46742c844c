-- The users and OAuth clients that may change users now. Statements that change a user check their actor in it. A client with the
-- scope `users:write` ranks as an administrator of role `admin`.

CREATE VIEW administrators (id, role) AS
  SELECT id, role FROM users WHERE is_active = 1 AND role IN ('admin', 'super_admin')
  UNION ALL
  SELECT id, 'admin' FROM oauth_clients
  WHERE is_active = 1 AND kind = 'confidential' AND instr(' ' || scope || ' ', ' users:write ') > 0;
