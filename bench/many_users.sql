-- ?1 users with ten sessions and one audit event each, with random ids. Their passwords and tokens are unknown. Four statements.
INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role,
                   is_active, password_hash, created_at, updated_at, last_login)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
SELECT lower(format('%s-%s-4%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                    substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
       'password', format('user%07d', n), format('skeleton%07d', n), format('user%07d@example.com', n),
       format('user%07d@example.com', n), format('User Number %d', n), 'Analytical Engines', 'eu-west-1', 'user', 1,
       format('$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAAAAAA$%.22s$%.43s', hex(randomblob(11)), hex(randomblob(22))),
       '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'
FROM numbers;

-- One session of each user, then the next one of each, so that the sessions of a user are in different pages, as after
-- sign-ins on different days.
INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address)
WITH RECURSIVE days (ago) AS (SELECT 9 UNION ALL SELECT ago - 1 FROM days WHERE ago > 0),
  times (began, token_expires_at, ends_at) AS MATERIALIZED (
    SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now', format('%+d days', -ago)),
           strftime('%Y-%m-%dT%H:%M:%SZ', 'now', format('%+d days', 1 - ago)),
           strftime('%Y-%m-%dT%H:%M:%SZ', 'now', format('%+d days', 30 - ago))
    FROM days)
SELECT lower(hex(randomblob(32))), users.id, 0, began, began, token_expires_at, ends_at,
       'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
       format('10.%d.%d.%d', users.rowid >> 16, (users.rowid >> 8) & 255, users.rowid & 255)
FROM times CROSS JOIN users;

INSERT INTO audit (number, id, at, kind, outcome, actor, subject, session, detail, client_hash, request, mac)
SELECT (SELECT coalesce(max(number), 0) FROM audit) + users.rowid,
       lower(format('%s-%s-4%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                    substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
       strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + users.rowid, 'unixepoch'),
       CASE users.rowid % 5 WHEN 0 THEN 'sign_in_failed' WHEN 1 THEN 'sign_out' ELSE 'sign_in' END,
       iif(users.rowid % 5 = 0, 'failure', 'success'), iif(users.rowid % 5 = 0, NULL, users.id), users.id,
       lower(hex(randomblob(32))), 'password', lower(hex(randomblob(32))),
       lower(hex(randomblob(8))), lower(hex(randomblob(32)))
FROM users ORDER BY users.rowid;

INSERT INTO audit_clients (number, salt, address, device)
SELECT number, lower(hex(randomblob(16))), '10.0.0.1',
       'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
FROM audit WHERE number > (SELECT coalesce(max(number), 0) FROM audit_clients) AND client_hash IS NOT NULL;
