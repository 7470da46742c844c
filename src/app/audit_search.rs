//! Searches the audit log: first the entries in D1, newest first, then the archived ones, from the highest number to the lowest.

use super::App;
use super::error::AppError;
use crate::domain::audit::{Archive, ChainedRow, Entry, Kind, archived_rows};
use crate::runtime::StoreError;
use crate::store::audit::{self, Found, Search};
use crate::store::audit_archive::Object;
use crate::timestamp::Timestamp;

/// Maximum number of objects that a page reads: 4,000 entries, which take about a tenth of the CPU limit of one second.
const MAX_OBJECTS: usize = 2;

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// In D1, after the entry with this time and number.
    Entry(Timestamp, u32),
    /// Among the archived entries, before this number.
    Archived(u32),
}

/// A page of entries.
#[derive(Debug, Default)]
pub struct Page {
    /// The entries.
    pub rows: Vec<(ChainedRow, Entry)>,
    /// Where the next page begins. A page with archived entries may have fewer entries than requested, or no entry.
    pub next: Option<Cursor>,
}

/// Finds a page of entries.
///
/// # Errors
/// `Store`, also if an object is missing or altered; `/audit/verify` names it.
pub async fn search(
    app: &App,
    mut search: Search,
    cursor: Option<Cursor>,
) -> Result<Page, AppError> {
    let limit = search.limit;
    let max_objects = u32::try_from(MAX_OBJECTS).unwrap_or(u32::MAX);
    // One more archive is read, to know whether there is another page.
    let objects = max_objects.saturating_add(1);
    let (rows, archives, before) = match cursor {
        Some(Cursor::Archived(before)) => {
            let archives = audit::archives(app.database, &search, before, objects).await?;
            (Vec::new(), archives, before)
        }
        cursor => {
            search.before = match cursor {
                Some(Cursor::Entry(at, number)) => Some((at, number)),
                _ => None,
            };
            // One more entry is read, to know whether there is another page.
            search.limit = limit.saturating_add(1);
            let Found { mut rows, archives } =
                audit::search(app.database, &search, objects).await?;
            if rows.len() > limit as usize {
                rows.truncate(limit as usize);
                let next = rows.last().and_then(after);
                return Ok(Page { rows, next });
            }
            (rows, archives, u32::MAX)
        }
    };
    search.limit = limit;
    let page = Page { rows, next: None };
    search_archives(app, &search, &archives, (page, before)).await
}

/// The cursor after an entry in D1. `None` if its time is invalid, which ends the search.
fn after((row, entry): &(ChainedRow, Entry)) -> Option<Cursor> {
    Some(Cursor::Entry(Timestamp::parse(&entry.at)?, row.number))
}

/// Fills the page with archived entries before this number.
async fn search_archives(
    app: &App,
    search: &Search,
    archives: &[Archive],
    (mut page, mut before): (Page, u32),
) -> Result<Page, AppError> {
    let filter = Filter::new(search);
    for archive in archives.iter().take(MAX_OBJECTS) {
        if page.rows.len() >= search.limit as usize {
            page.next = Some(Cursor::Archived(before));
            return Ok(page);
        }
        let rows = read(app, archive).await?;
        let end = before;
        let older = rows.into_iter().rev().filter(|(row, _)| row.number < end);
        for (row, entry) in older.filter(|(_, entry)| filter.accepts(entry)) {
            if page.rows.len() >= search.limit as usize {
                page.next = Some(Cursor::Archived(before));
                return Ok(page);
            }
            before = row.number;
            page.rows.push((row, entry));
        }
        before = archive.first;
    }
    page.next = (archives.len() > MAX_OBJECTS).then_some(Cursor::Archived(before));
    Ok(page)
}

/// The entries of an archive.
async fn read(app: &App, archive: &Archive) -> Result<Vec<(ChainedRow, Entry)>, StoreError> {
    let text = object(app, archive).await?;
    archived_rows(&text).map_err(|_| StoreError::CorruptRow("archive_altered"))
}

/// The text of an object whose SHA-256 is the recorded one.
///
/// # Errors
/// Any [`StoreError`].
pub async fn object(app: &App, archive: &Archive) -> Result<String, StoreError> {
    match app.archives.object(archive).await? {
        Object::Intact(text) => Ok(text),
        Object::Missing => Err(StoreError::CorruptRow("archive_missing")),
        Object::Altered(_) => Err(StoreError::CorruptRow("archive_altered")),
    }
}

/// The filters of a search, as the texts of their columns.
struct Filter {
    user: Option<String>,
    kind: Option<&'static str>,
    from: Option<String>,
    to: Option<String>,
}

impl Filter {
    fn new(search: &Search) -> Self {
        Self {
            user: search.user.map(|user| user.to_string()),
            kind: search.kind.map(Kind::as_str),
            from: search.from.map(|from| from.to_string()),
            to: search.to.map(|to| to.to_string()),
        }
    }

    fn accepts(&self, entry: &Entry) -> bool {
        let is_about =
            |user| entry.actor.as_ref() == Some(user) || entry.subject.as_ref() == Some(user);
        self.user.as_ref().is_none_or(is_about)
            && self.kind.is_none_or(|kind| entry.kind == kind)
            && self.from.as_ref().is_none_or(|from| entry.at >= *from)
            && self.to.as_ref().is_none_or(|to| entry.at <= *to)
    }
}
