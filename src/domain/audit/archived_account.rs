//! The role and status of users as archived entries state them: table `audit_accounts`.
//!
//! A row is signed with the key that is current when its entries are archived, and names the entries from which it was taken.
//! Once they are in R2, a leaked key that was rotated out could sign another row. So a row of an old key is signed again only
//! after it was compared with its entries, and until then it counts only if no checkpoint had retired its key before them.

use super::accounts::{is_about_role, is_about_status};
use super::chain::ChainedRow;
use super::entry::{Entry, push};
use super::keys::{Age, AuditKeys, KeySet, digest, is_equal};
use super::kind::Outcome;
use crate::crypto::fingerprint::hex;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The role and status of a user as the archived entries state them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedAccount {
    /// Id of the user.
    pub subject: String,
    /// Detail of the last archived entry that states a role.
    pub role_detail: Option<String>,
    /// Number of this entry; 0 if there is none.
    pub role_number: u32,
    /// Kind of the last archived entry that states a status.
    pub status_kind: Option<String>,
    /// Number of this entry; 0 if there is none.
    pub status_number: u32,
    /// Id of the key that signed it.
    pub key: String,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

/// What the rows of a range state about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    role: Option<(u32, Option<String>)>,
    status: Option<(u32, Option<String>)>,
}

impl Stated {
    /// What the number 0 states.
    #[must_use]
    pub fn none() -> Self {
        Self {
            role: Some((0, None)),
            status: Some((0, None)),
        }
    }

    /// Detail of the last entry that states a role.
    #[must_use]
    pub fn role_detail(&self) -> Option<String> {
        self.role.as_ref().and_then(|(_, detail)| detail.clone())
    }

    /// Kind of the last entry that states a status.
    #[must_use]
    pub fn status_kind(&self) -> Option<String> {
        self.status.as_ref().and_then(|(_, kind)| kind.clone())
    }

    /// Number of the last entry.
    #[must_use]
    pub fn number(&self) -> u32 {
        let number = |stated: &Option<(u32, _)>| stated.as_ref().map_or(0, |(number, _)| *number);
        number(&self.role).max(number(&self.status))
    }
}

/// What these rows state about the role and status of each user that they are about.
#[must_use]
pub fn stated_accounts(rows: &[(ChainedRow, Entry)]) -> BTreeMap<String, Stated> {
    let mut accounts: BTreeMap<String, Stated> = BTreeMap::new();
    for (row, entry) in rows {
        let (has_role, has_status) = (is_about_role(&entry.kind), is_about_status(&entry.kind));
        let is_success = entry.outcome == Outcome::Success.as_str();
        let subject = entry.subject.as_ref().filter(|_| is_success);
        let Some(subject) = subject.filter(|_| has_role || has_status) else {
            continue;
        };
        let account = accounts.entry(subject.clone()).or_default();
        if has_role {
            account.role = Some((row.number, entry.detail.clone()));
        }
        if has_status {
            account.status = Some((row.number, Some(entry.kind.clone())));
        }
    }
    accounts
}

impl ArchivedAccount {
    fn of(subject: String) -> Self {
        Self {
            subject,
            role_detail: None,
            role_number: 0,
            status_kind: None,
            status_number: 0,
            key: String::new(),
            mac: String::new(),
        }
    }

    /// Number of the last entry from which it was taken.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.role_number.max(self.status_number)
    }

    /// Whether the values that were taken from entries of this range are those of exactly these entries.
    #[must_use]
    pub fn is_as_stated(&self, range: &RangeInclusive<u32>, stated: Option<&Stated>) -> bool {
        let is_same = |number: u32, value: &Option<String>, last: Option<&(u32, _)>| {
            !range.contains(&number) || last.is_some_and(|last| *last == (number, value.clone()))
        };
        let (role, status) = stated.map_or((None, None), |stated| {
            (stated.role.as_ref(), stated.status.as_ref())
        });
        is_same(self.role_number, &self.role_detail, role)
            && is_same(self.status_number, &self.status_kind, status)
    }

    /// Whether nothing in it is older than these entries.
    #[must_use]
    pub fn is_up_to(&self, stated: &Stated) -> bool {
        let covers = |number: u32, last: &Option<(u32, _)>| {
            last.as_ref().is_none_or(|(last, _)| number >= *last)
        };
        covers(self.role_number, &stated.role) && covers(self.status_number, &stated.status)
    }
}

impl AuditKeys {
    /// Id of the current key.
    #[must_use]
    pub fn current_id(&self) -> &str {
        &self.current().id
    }

    /// The role and status of the users that these rows are about, given what is known from earlier ones.
    #[must_use]
    pub fn archived_accounts(
        &self,
        known: Vec<ArchivedAccount>,
        rows: &[(ChainedRow, Entry)],
    ) -> Vec<ArchivedAccount> {
        let with_id = |account: ArchivedAccount| (account.subject.clone(), account);
        let mut known: BTreeMap<String, ArchivedAccount> = known.into_iter().map(with_id).collect();
        let merge = |(subject, stated): (String, Stated)| {
            // An altered row would be signed again here.
            let before = known.remove(&subject);
            let before = before.filter(|known| self.account_signer(known) == Some(0));
            let mut account = before.unwrap_or_else(|| ArchivedAccount::of(subject));
            if let Some((number, detail)) = stated.role {
                (account.role_number, account.role_detail) = (number, detail);
            }
            if let Some((number, kind)) = stated.status {
                (account.status_number, account.status_kind) = (number, kind);
            }
            self.sign_account(account)
        };
        stated_accounts(rows).into_iter().map(merge).collect()
    }

    /// Signs a role and status with the current key.
    #[must_use]
    pub fn sign_account(&self, mut account: ArchivedAccount) -> ArchivedAccount {
        account.key.clone_from(&self.current().id);
        account.mac = self.current().account_mac(&account);
        account
    }

    /// Whether one of the keys has signed this role and status.
    #[must_use]
    pub fn has_signed_account(&self, account: &ArchivedAccount) -> bool {
        self.account_signer(account).is_some()
    }

    /// Whether an earlier key has signed this role and status.
    #[must_use]
    pub fn has_signed_account_before(&self, account: &ArchivedAccount) -> bool {
        self.account_signer(account).is_some_and(|age| age > 0)
    }

    /// Whether this role and status count: the checkpoint of the entries was made with the key of this id, which retired all older
    /// ones.
    #[must_use]
    pub fn trusts_account(&self, account: &ArchivedAccount, checkpoint_key: Option<&str>) -> bool {
        let made_by = checkpoint_key.and_then(|id| self.with_id(id));
        let oldest = made_by.map_or(Age::MAX, |(age, _)| age);
        let signer = self.account_signer(account);
        signer.is_some_and(|age| age <= oldest)
    }

    fn account_signer(&self, account: &ArchivedAccount) -> Option<Age> {
        let (age, keys) = self.with_id(&account.key)?;
        is_equal(&keys.account_mac(account), &account.mac).then_some(age)
    }
}

impl KeySet {
    fn account_mac(&self, account: &ArchivedAccount) -> String {
        let mut bytes = account.role_number.to_be_bytes().to_vec();
        bytes.extend_from_slice(&account.status_number.to_be_bytes());
        push(&mut bytes, Some(&account.key));
        push(&mut bytes, Some(&account.subject));
        push(&mut bytes, account.role_detail.as_deref());
        push(&mut bytes, account.status_kind.as_deref());
        hex(&digest(&self.archives, &[b"account\0", &bytes]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Kind;
    use crate::timestamp::Timestamp;
    use uuid::Uuid;

    fn row(number: u32, kind: Kind, detail: &'static str) -> (ChainedRow, Entry) {
        let at = Timestamp::from_seconds(i64::from(number));
        let entry = Entry::new(Uuid::from_u128(number.into()), at, kind, "r");
        let row = ChainedRow { number, mac: None };
        (row, entry.about(Uuid::nil()).detail(detail))
    }

    fn keys() -> AuditKeys {
        AuditKeys::new(&[1; 32], &[])
    }

    fn states(account: &ArchivedAccount) -> (Option<&str>, u32, Option<&str>, u32) {
        (
            account.role_detail.as_deref(),
            account.role_number,
            account.status_kind.as_deref(),
            account.status_number,
        )
    }

    #[test]
    fn role_and_status_are_those_of_the_last_archived_entries() {
        let keys = keys();
        let rows = [
            row(1, Kind::UserAdded, "role user"),
            row(2, Kind::SignIn, "password"),
        ];
        let first = keys.archived_accounts(Vec::new(), &rows);
        let [account] = &first[..] else {
            panic!("{first:?}")
        };
        let added = Some("user_added");
        assert_eq!(states(account), (Some("role user"), 1, added, 1));
        let rows = [row(3, Kind::RoleChanged, "role user -> admin")];
        let second = keys.archived_accounts(first.clone(), &rows);
        let changed = (Some("role user -> admin"), 3, added, 1);
        assert_eq!(states(&second[0]), changed);
        assert!(keys.has_signed_account(&second[0]));
        let mut forged = first;
        forged[0].status_kind = Some("user_enabled".into());
        assert!(!keys.has_signed_account(&forged[0]));
        let rows = [row(4, Kind::RoleChanged, "role admin -> user")];
        assert_eq!(keys.archived_accounts(forged, &rows)[0].status_kind, None);
    }

    #[test]
    fn row_of_an_old_key_is_carried_over_only_after_it_was_signed_again() {
        let (old, new) = (keys(), AuditKeys::new(&[2; 32], &[[1; 32]]));
        let added = old.archived_accounts(Vec::new(), &[row(1, Kind::UserAdded, "role user")]);
        let [account] = &added[..] else {
            panic!("{added:?}")
        };
        assert!(new.has_signed_account_before(account));
        let later = [row(2, Kind::UserDisabled, "")];
        assert_eq!(
            new.archived_accounts(added.clone(), &later)[0].role_detail,
            None
        );
        let again = new.sign_account(account.clone());
        assert!(!new.has_signed_account_before(&again) && new.has_signed_account(&again));
        let merged = new.archived_accounts(vec![again], &later);
        assert_eq!(merged[0].role_detail.as_deref(), Some("role user"));
    }

    #[test]
    fn row_of_a_key_that_was_retired_before_its_entries_does_not_count() {
        let (old, new) = (keys(), AuditKeys::new(&[2; 32], &[[1; 32]]));
        let added = old.archived_accounts(Vec::new(), &[row(1, Kind::UserAdded, "role user")]);
        assert!(new.trusts_account(&added[0], Some(old.current_id())));
        assert!(!new.trusts_account(&added[0], Some(new.current_id())));
        let mut renamed = added[0].clone();
        new.current_id().clone_into(&mut renamed.key);
        assert!(!new.trusts_account(&renamed, None));
    }

    #[test]
    fn row_is_compared_with_exactly_its_entries() {
        let keys = keys();
        let rows = [
            row(1, Kind::UserAdded, "role user"),
            row(5, Kind::RoleChanged, "role user -> admin"),
        ];
        let stated = stated_accounts(&rows);
        let stated = &stated[&Uuid::nil().to_string()];
        assert_eq!(stated.number(), 5);
        let account = &keys.archived_accounts(Vec::new(), &rows)[0];
        assert!(account.is_as_stated(&(1..=9), Some(stated)) && account.is_up_to(stated));
        assert!(!account.is_as_stated(&(1..=9), None));
        let mut later = account.clone();
        (later.role_number, later.role_detail) = (12, Some("role user".into()));
        assert!(later.is_as_stated(&(1..=9), Some(stated)) && later.is_up_to(stated));
        for change in [
            |account: &mut ArchivedAccount| account.role_number = 6,
            |account: &mut ArchivedAccount| account.role_number = 1,
            |account: &mut ArchivedAccount| account.role_detail = Some("role user".into()),
            |account: &mut ArchivedAccount| account.status_kind = Some("user_enabled".into()),
            |account: &mut ArchivedAccount| account.status_number = 2,
        ] {
            let mut other = account.clone();
            change(&mut other);
            assert!(!other.is_as_stated(&(1..=9), Some(stated)), "{other:?}");
        }
        let mut earlier = account.clone();
        earlier.role_number = 0;
        assert!(!earlier.is_up_to(stated));
    }
}
