//! The first administrator of a local database: a row without a password, and a one-time link, which this program
//! takes itself. So the password is hashed by the Worker and there is no other way to get one.

use super::{random, worker::Worker};
use crate::{cache, failed::Failed};
use sha2::{Digest, Sha256};

/// Their name.
pub const USERNAME: &str = "admin";
/// The username's skeleton by UTS #39, which is what must be unique: `m` looks like `rn`.
const SKELETON: &str = "adrnin";
const EMAIL: &str = "admin@example.com";

/// A one-time link for the first administrator.
pub struct Invitation {
    secret: String,
}

impl Invitation {
    /// A fresh one.
    pub fn new() -> Result<Self, Failed> {
        Ok(Self {
            secret: random::plain_secret()?,
        })
    }

    /// Makes the administrator if there is nobody at all, and the link if there is nobody but an administrator made
    /// here whose password was never set, because a start broke off. The last statement says whether there is a link.
    pub fn sql(&self) -> Result<String, Failed> {
        let id = random::uuid()?;
        let link = self.hash();
        let command = random::uuid()?;
        // Without a signature, as of any command line that has no key: the Worker's cron signs them.
        let entry = |kind: &str, detail: &str, about: &str| -> Result<String, Failed> {
            let id = random::uuid()?;
            Ok(format!(
                "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request) \
                 SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), '{id}', \
                 strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), '{kind}', 'success', 'command-line', {about}, {detail}, \
                 '{command}' WHERE {about} IS NOT NULL; "
            ))
        };
        let added = entry(
            "user_added",
            "'role super_admin'",
            &format!("(SELECT id FROM users WHERE id = '{id}')"),
        )?;
        let invited = entry(
            "password_link_created",
            "NULL",
            &format!("(SELECT user_id FROM password_links WHERE id = '{link}')"),
        )?;
        Ok(format!(
            "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, \
             created_at, updated_at) \
             SELECT '{id}', 'password', '{USERNAME}', '{SKELETON}', '{EMAIL}', '{EMAIL}', 'Administrator', \
             'super_admin', 1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), strftime('%Y-%m-%dT%H:%M:%SZ', 'now') \
             WHERE NOT EXISTS (SELECT 1 FROM users); {added}\
             INSERT INTO password_links (id, user_id, created_at, expires_at) \
             SELECT '{link}', id, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), \
             strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour') \
             FROM users WHERE source = 'password' AND email_key = '{EMAIL}' AND password_hash IS NULL \
             AND (SELECT count(*) FROM users) = 1; {invited}\
             SELECT count(*) AS invited FROM password_links WHERE id = '{link}';"
        ))
    }

    /// Sets a random password through the Worker; returns it.
    pub fn accept(&self, worker: &Worker) -> Result<String, Failed> {
        let password = random::plain_secret()?;
        let body = serde_json::json!({ "token": self.secret, "password": password }).to_string();
        match worker.post("/api/auth/set-password", &body)? {
            (200..=299, _) => Ok(password),
            (status, answer) => Err(Failed::because(format!(
                "The Worker did not take the first administrator's password: {status} {answer}"
            ))),
        }
    }

    /// What the database knows of the link.
    fn hash(&self) -> String {
        cache::hex(&Sha256::digest(&self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::Invitation;

    #[test]
    fn the_database_gets_the_hash_of_the_link_and_never_the_link() {
        let invitation = Invitation {
            secret: "abc".to_owned(),
        };
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(invitation.hash(), hash);
        let sql = invitation.sql().expect("random");
        assert!(sql.contains(hash) && !sql.contains("'abc'"));
    }
}
