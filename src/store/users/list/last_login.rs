//! Lists of users by their last sign-in. Users who have not signed in have the earliest place.

use super::Order;

const ASCENDING: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT last_login_order AS place, id FROM users INDEXED BY users_list_login
      WHERE (?1 IS NULL OR ?1 = '1') AND is_active = 1 AND (last_login_order, id) > (?2, ?3)
      UNION ALL
      SELECT last_login_order, id FROM users INDEXED BY users_list_login
      WHERE (?1 IS NULL OR ?1 = '0') AND is_active = 0 AND (last_login_order, id) > (?2, ?3)
      ORDER BY place, id LIMIT ?4)
    CROSS JOIN users USING (id)";

const DESCENDING: &str = "
    SELECT place, users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT last_login_order AS place, id FROM users INDEXED BY users_list_login
      WHERE (?1 IS NULL OR ?1 = '1') AND is_active = 1 AND (last_login_order, id) < (?2, ?3)
      UNION ALL
      SELECT last_login_order, id FROM users INDEXED BY users_list_login
      WHERE (?1 IS NULL OR ?1 = '0') AND is_active = 0 AND (last_login_order, id) < (?2, ?3)
      ORDER BY place DESC, id DESC LIMIT ?4)
    CROSS JOIN users USING (id)";

/// The statement of this list.
#[must_use]
pub fn statement(order: Order) -> &'static str {
    match order {
        Order::Ascending => ASCENDING,
        Order::Descending => DESCENDING,
    }
}
