//! The first administrator of a local database: a row without a password, and a one-time link that this program uses
//! itself, so that the Worker hashes the password as for every other user.

use super::secrets;
use super::worker::Worker;
use anyhow::{Result, bail};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The username.
pub const USERNAME: &str = "admin";
/// The skeleton of the username (UTS #39), which must be unique: `m` looks like `rn`.
const SKELETON: &str = "adrnin";
const EMAIL: &str = "admin@example.com";

/// A one-time link for the first administrator.
pub struct Invitation {
    secret: String,
}

impl Invitation {
    /// Creates an invitation.
    pub fn new() -> Result<Self> {
        Ok(Self {
            secret: secrets::base64url()?,
        })
    }

    /// Adds the administrator if there are no users, and the link if the only user is an administrator added here whose
    /// password was never set, because an earlier start was interrupted. The last statement returns whether there is a link.
    pub fn sql(&self) -> String {
        let id = Uuid::new_v4();
        let link = self.hash();
        let command = Uuid::new_v4();
        // Unsigned: the Worker's cron signs them.
        let entry = |kind: &str, detail: &str, about: &str| {
            let id = Uuid::new_v4();
            format!(
                "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request) \
                 SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), '{id}', \
                 strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), '{kind}', 'success', 'command-line', {about}, {detail}, \
                 '{command}' WHERE {about} IS NOT NULL; "
            )
        };
        let added = entry(
            "user_added",
            "'role super_admin'",
            &format!("(SELECT id FROM users WHERE id = '{id}')"),
        );
        let invited = entry(
            "password_link_created",
            "NULL",
            &format!("(SELECT user_id FROM password_links WHERE id = '{link}')"),
        );
        format!(
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
        )
    }

    /// Sets a random password through the Worker; returns it.
    pub fn accept(&self, worker: &Worker) -> Result<String> {
        let password = secrets::base64url()?;
        let body = serde_json::json!({ "token": self.secret, "password": password }).to_string();
        match worker.post("/api/auth/set-password", &body)? {
            (200..=299, _) => Ok(password),
            (status, body) => {
                bail!("the Worker refused the password of the first administrator: {status} {body}")
            }
        }
    }

    /// The hash of the link, which the database stores.
    fn hash(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(&self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::Invitation;

    #[test]
    fn database_gets_the_hash_of_the_link_and_not_the_link() {
        let invitation = Invitation {
            secret: "abc".to_owned(),
        };
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(invitation.hash(), hash);
        let sql = invitation.sql();
        assert!(sql.contains(hash) && !sql.contains("'abc'"));
    }
}
