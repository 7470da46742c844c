//! Searches of users by the beginning of user name, e-mail address or name, as ranges of three indexes that are merged. Their cost does
//! not depend on how many users match.

use super::administered::read;
use super::list::Place;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;

/// A page of the results of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The beginning of a text, in the form of [`search_key`](crate::domain::names::search_key).
    pub term: String,
    /// The last result of the previous page.
    pub after: Option<Place>,
    /// Maximum number of results.
    pub limit: u32,
}

/// The results of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// The users whose first text that begins with the term is on this page, in the order of these texts.
    pub users: Vec<AdminUser>,
    /// The last place that was read, which the next page follows; `None` if there was none.
    pub next: Option<Place>,
    /// Whether the page is full, so that another page may follow.
    pub is_full: bool,
}

const FIND: &str = "
    SELECT place, username_search, email_search, name_search,
           users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM (
      SELECT username_search AS place, id FROM users INDEXED BY users_list_username
      WHERE is_active = 1 AND (username_search, id) > (?1, ?2) AND username_search < ?3
      UNION ALL
      SELECT username_search, id FROM users INDEXED BY users_list_username
      WHERE is_active = 0 AND (username_search, id) > (?1, ?2) AND username_search < ?3
      UNION ALL
      SELECT email_search, id FROM users INDEXED BY users_search_email
      WHERE (email_search, id) > (?1, ?2) AND email_search < ?3
      UNION ALL
      SELECT name_search, id FROM users INDEXED BY users_search_name
      WHERE (name_search, id) > (?1, ?2) AND name_search < ?3
      ORDER BY place, id LIMIT ?4)
    CROSS JOIN users USING (id)";

/// Reads a page. A user with several texts that begin with the term is among the results once, at the first of these texts, so a page may
/// have fewer users than texts.
///
/// # Errors
/// Any [`StoreError`].
pub async fn search(database: &Database, search: &Search) -> Result<Results, StoreError> {
    let (key, id) = match &search.after {
        Some(after) => (after.key.as_str(), after.id.as_str()),
        None => (search.term.as_str(), ""),
    };
    // Greater than each text that begins with the term: no text contains this character, which Unicode never assigns.
    let end = format!("{}\u{10ffff}", search.term);
    let statement = Statement::new(FIND)
        .text(key)
        .text(id)
        .text(end)
        .number(search.limit);
    let [found] = database.batch([statement]).await?;
    let mut texts = found.rows(Text::read)?;
    // The ranges are merged in this order, but the join need not keep it.
    texts.sort_by(|one, other| one.place.cmp(&other.place));
    let results = Results {
        next: texts.last().map(|text| text.place.clone()),
        is_full: texts.len() >= search.limit as usize,
        users: Vec::new(),
    };
    texts.dedup_by(|one, other| one.place == other.place);
    texts.retain(|text| text.is_first(&search.term));
    Ok(Results {
        users: texts.into_iter().map(|text| text.user).collect(),
        ..results
    })
}

/// A text that was found, with its user.
struct Text {
    place: Place,
    all: [Option<String>; 3],
    user: AdminUser,
}

impl Text {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let key = row.text("place")?;
        let all = [
            row.optional("username_search")?,
            row.optional("email_search")?,
            row.optional("name_search")?,
        ];
        let user = read(row)?;
        let id = user.id.to_string();
        Ok(Self {
            place: Place { key, id },
            all,
            user,
        })
    }

    /// Whether it is the first text of the user that begins with the term.
    fn is_first(&self, term: &str) -> bool {
        let mut matching = self
            .all
            .iter()
            .flatten()
            .filter(|text| text.starts_with(term));
        !matching.any(|text| *text < self.place.key)
    }
}
