//! What the cron event does: it removes what has ended, and seals the audit log.

use super::not_before;
use crate::account::audit::{Entry, Head, Reason, Seal, Signature};
use crate::account::timestamp::Timestamp;
use crate::app::App;
use crate::log;
use crate::store::StoreError;
use crate::store::seals::{End, Pending};

/// Pieces of a thousand rows, until one is smaller; so many that a cron event keeps up with 100 sign-ins a second.
const PIECES: usize = 60;

/// Does all that the cron event is for; what fails is logged, and does not keep the rest from being done.
pub async fn run(app: &App, now: Timestamp) {
    if not_before::revoke(app, now).await.is_err() {
        log::sweep_failed("sessions");
    }
    in_pieces("sessions", async || app.sessions.remove_over(now).await).await;
    in_pieces("sign_in_attempts", async || {
        app.throttle.remove_over(now).await
    })
    .await;
    if app.proofs.remove_over(now).await.is_err() {
        log::sweep_failed("used_proofs");
    }
    if app.links.remove_over(now).await.is_err() {
        log::sweep_failed("password_links");
    }
    match seal(app, now).await {
        Ok(()) => {}
        Err(Stopped::Out) => log::sweep_failed("audit_seals"),
        Err(Stopped::Broken(reason)) => log::audit_broken(reason.as_str()),
    }
}

/// Removes a piece at a time, while there may be more.
async fn in_pieces(table: &'static str, remove: impl AsyncFn() -> Result<bool, StoreError>) {
    for _ in 0..PIECES {
        match remove().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return log::sweep_failed(table),
        }
    }
}

/// Seals of one cron event; 500 rows each, they keep up with the same 100 entries a second.
const SEALS: usize = 120;

/// Why nothing more was sealed.
enum Stopped {
    /// A store was out; the next event goes on.
    Out,
    /// The log is not what it was. Sealing it would make that look as it should.
    Broken(Reason),
}

impl From<StoreError> for Stopped {
    fn from(_: StoreError) -> Self {
        Self::Out
    }
}

/// The last seal, and whether it is the head outside of D1 too.
async fn last_seal(app: &App) -> Result<(Option<Seal>, bool), Stopped> {
    // Before D1, or a seal that comes in between would look as if it were missing there.
    let head = app.seals.head().await?;
    let End {
        seal: last,
        previous,
        row,
    } = app.seals.end().await?;
    let Some(seal) = &last else {
        return match head {
            None => Ok((None, true)),
            Some(_) => Err(Stopped::Broken(Reason::CutOff)),
        };
    };
    // New rows would take the numbers of those that were removed, and never be sealed.
    if row < seal.last {
        return Err(Stopped::Broken(Reason::CutOff));
    }
    match head {
        Some(head) if head.seal > seal.number => Err(Stopped::Broken(Reason::CutOff)),
        Some(head) if !head.allows(seal) => Err(Stopped::Broken(Reason::HeadDiffers)),
        Some(head) if head.seal == seal.number => Ok((last, true)),
        // The head was not kept when this seal was made, so it is made sure that we made it.
        _ => {
            let rows = app.seals.rows_of(seal).await?;
            if app.audit_keys.has_sealed(previous.as_ref(), seal, &rows) {
                Ok((last, false))
            } else {
                Err(Stopped::Broken(Reason::SealAltered))
            }
        }
    }
}

/// The one place where the log is sealed. Of two events at once one adds a seal and the other stops.
async fn seal(app: &App, now: Timestamp) -> Result<(), Stopped> {
    let (mut last, is_head) = last_seal(app).await?;
    let mut is_new = !is_head;
    for _ in 0..SEALS {
        let after = last.as_ref().map_or(0, |seal| seal.last);
        let Pending { unsigned, rows } = app.seals.pending(after).await?;
        if !unsigned.is_empty() {
            let sign = |(number, entry): &(u32, Entry)| {
                (*number, app.audit_keys.sign_late(*number, now, entry))
            };
            app.seals
                .sign(unsigned.iter().map(sign).collect(), now)
                .await?;
            continue;
        }
        if rows.iter().any(|row| row.signature() == Signature::None) {
            log::audit_broken(Reason::Unsigned.as_str());
        }
        let Some(seal) = app.audit_keys.seal(last.as_ref(), &rows, now) else {
            break;
        };
        if !app.seals.add(&seal).await? {
            return Ok(());
        }
        last = Some(seal);
        is_new = true;
    }
    if let Some(seal) = last.filter(|_| is_new) {
        app.seals.put_head(&Head::of(&seal)).await?;
    }
    Ok(())
}
