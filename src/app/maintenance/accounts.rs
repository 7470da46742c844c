//! Signs the rows of `audit_accounts` with the current key after a rotation of `AUDIT_KEY`. A row of an old key may have been
//! signed with a leaked one, so each is compared with the archived entries that it names first.

use super::Report;
use crate::app::{App, archived_range};
use crate::domain::audit::{
    Archive, ArchivedAccount, Stated, Verified, Violation, ViolationKind, stated_accounts,
};
use crate::runtime::StoreError;
use crate::runtime::log::Finding;
use crate::store::audit_accounts;
use std::collections::BTreeMap;

/// Maximum number of rows per cron event.
const MAX_ROWS: u32 = 500;
/// Maximum number of objects that an event reads for this: it takes about a tenth of the CPU limit of one second (`cpu_ms` in
/// wrangler.toml).
const MAX_OBJECTS: usize = 2;
/// Maximum number of lines that one event logs.
const MAX_LOG_LINES: usize = 20;

/// Compares and signs the rows of old keys, up to the maximum of one event.
pub(super) async fn run(app: &App, report: &mut Report) {
    let signed = sign_again(app, report).await;
    report.check("audit_accounts", &signed);
}

async fn sign_again(app: &App, report: &mut Report) -> Result<(), StoreError> {
    let key = app.audit_keys.current_id();
    let found = audit_accounts::of_other_keys(app.database, key, MAX_ROWS).await?;
    let mut archives = Archives::default();
    let (mut signed, mut violations) = (Vec::new(), Vec::new());
    for account in found {
        match archives.compare(app, &account).await? {
            Compared::Same => {
                let before = account.mac.clone();
                signed.push((app.audit_keys.sign_account(account), before));
            }
            Compared::Differs(violation) if !violations.contains(&violation) => {
                violations.push(violation);
            }
            Compared::Differs(_) | Compared::Later => {}
        }
    }
    for Violation { number, reason } in violations.into_iter().take(MAX_LOG_LINES) {
        report.broken(&Finding::Row {
            number,
            reason: reason.as_str(),
        });
    }
    if signed.is_empty() {
        return Ok(());
    }
    audit_accounts::sign_again(app.database, &signed).await
}

enum Compared {
    Same,
    Differs(Violation),
    /// The event has read as many objects as it may.
    Later,
}

/// An archive, with what its entries state.
type Read = (Archive, Result<BTreeMap<String, Stated>, Violation>);

/// The archives that an event has read.
#[derive(Default)]
struct Archives(Vec<Read>);

impl Archives {
    async fn compare(
        &mut self,
        app: &App,
        account: &ArchivedAccount,
    ) -> Result<Compared, StoreError> {
        let altered = Violation {
            number: account.number(),
            reason: ViolationKind::AccountAltered,
        };
        if !app.audit_keys.has_signed_account(account) {
            return Ok(Compared::Differs(altered));
        }
        // A value without an entry was not archived.
        if !account.is_as_stated(&(0..=0), Some(&Stated::none())) {
            return Ok(Compared::Differs(altered));
        }
        for number in [account.role_number, account.status_number] {
            if number == 0 {
                continue;
            }
            let has_read = |(archive, _): &Read| (archive.first..=archive.last).contains(&number);
            if !self.0.iter().any(has_read) {
                if self.0.len() >= MAX_OBJECTS {
                    return Ok(Compared::Later);
                }
                let Some(archive) = app.archives.containing(number).await? else {
                    return Ok(Compared::Differs(altered));
                };
                let rows =
                    archived_range::read(app, None, &archive, &mut Verified::default()).await?;
                self.0
                    .push((archive, rows.map(|rows| stated_accounts(&rows))));
            }
            let is_same = match self.0.iter().find(|read| has_read(read)) {
                Some((_, Err(violation))) => return Ok(Compared::Differs(*violation)),
                Some((archive, Ok(stated))) => account.is_as_stated(
                    &(archive.first..=archive.last),
                    stated.get(&account.subject),
                ),
                None => false,
            };
            if !is_same {
                return Ok(Compared::Differs(altered));
            }
        }
        Ok(Compared::Same)
    }
}
