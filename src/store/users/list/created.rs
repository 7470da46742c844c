//! Lists of users by the time at which they were created.

use super::{Narrowing, Order};

const ASCENDING: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_created
      WHERE (?1 IS NULL OR ?1 = '1') AND is_active = 1 AND (created_at, id) > (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_created
      WHERE (?1 IS NULL OR ?1 = '0') AND is_active = 0 AND (created_at, id) > (?2, ?3)
      ORDER BY place, id LIMIT ?4)
    CROSS JOIN users USING (id)";

const DESCENDING: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_created
      WHERE (?1 IS NULL OR ?1 = '1') AND is_active = 1 AND (created_at, id) < (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_created
      WHERE (?1 IS NULL OR ?1 = '0') AND is_active = 0 AND (created_at, id) < (?2, ?3)
      ORDER BY place DESC, id DESC LIMIT ?4)
    CROSS JOIN users USING (id)";

const ASCENDING_OF_ROLE: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_role_created
      WHERE (?1 IS NULL OR ?1 = '1') AND role = ?5 AND is_active = 1 AND (created_at, id) > (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_role_created
      WHERE (?1 IS NULL OR ?1 = '0') AND role = ?5 AND is_active = 0 AND (created_at, id) > (?2, ?3)
      ORDER BY place, id LIMIT ?4)
    CROSS JOIN users USING (id)";

const DESCENDING_OF_ROLE: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_role_created
      WHERE (?1 IS NULL OR ?1 = '1') AND role = ?5 AND is_active = 1 AND (created_at, id) < (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_role_created
      WHERE (?1 IS NULL OR ?1 = '0') AND role = ?5 AND is_active = 0 AND (created_at, id) < (?2, ?3)
      ORDER BY place DESC, id DESC LIMIT ?4)
    CROSS JOIN users USING (id)";

const ASCENDING_OF_SOURCE: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_source_created
      WHERE (?1 IS NULL OR ?1 = '1') AND source = ?5 AND is_active = 1 AND (created_at, id) > (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_source_created
      WHERE (?1 IS NULL OR ?1 = '0') AND source = ?5 AND is_active = 0 AND (created_at, id) > (?2, ?3)
      ORDER BY place, id LIMIT ?4)
    CROSS JOIN users USING (id)";

const DESCENDING_OF_SOURCE: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT created_at AS place, id FROM users INDEXED BY users_list_source_created
      WHERE (?1 IS NULL OR ?1 = '1') AND source = ?5 AND is_active = 1 AND (created_at, id) < (?2, ?3)
      UNION ALL
      SELECT created_at, id FROM users INDEXED BY users_list_source_created
      WHERE (?1 IS NULL OR ?1 = '0') AND source = ?5 AND is_active = 0 AND (created_at, id) < (?2, ?3)
      ORDER BY place DESC, id DESC LIMIT ?4)
    CROSS JOIN users USING (id)";

/// The statement of this list.
#[must_use]
pub fn statement(narrowing: &Narrowing, order: Order) -> &'static str {
    match (narrowing, order) {
        (Narrowing::None, Order::Ascending) => ASCENDING,
        (Narrowing::None, Order::Descending) => DESCENDING,
        (Narrowing::Role(_), Order::Ascending) => ASCENDING_OF_ROLE,
        (Narrowing::Role(_), Order::Descending) => DESCENDING_OF_ROLE,
        (Narrowing::Source(_), Order::Ascending) => ASCENDING_OF_SOURCE,
        (Narrowing::Source(_), Order::Descending) => DESCENDING_OF_SOURCE,
    }
}
