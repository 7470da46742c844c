//! Access tokens of OAuth clients, issued with the signing keys of a server.

use super::app::App;
use super::internals::{AccessClaims, AccessTokens, Role, SigningKey, SigningKeys, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// The audience of [`App::access_token`].
pub const RESOURCE: &str = "https://api.example.com/v1";

impl App {
    /// A token for [`RESOURCE`] that this private JWK signed a second ago, by the clock of this machine.
    pub async fn access_token(&self, key: &str, subject: &str) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a time");
        let now = i64::try_from(now.as_secs()).expect("a time") - 1;
        let claims = AccessClaims {
            subject: subject.to_owned(),
            audience: RESOURCE.to_owned(),
            client: "client".to_owned(),
            issued_at: Timestamp::from_seconds(now),
            expires_at: Timestamp::from_seconds(now + 600),
            id: Uuid::from_u128(0x1b4e_28ba_2fa1_41d2_883f_0016_d3cc_a427),
            scope: "reports:read".to_owned(),
            grant: Some("grant".to_owned()),
            authenticated_at: Some(Timestamp::from_seconds(now)),
            roles: vec![Role::User],
        };
        self.access_token_with(key, &claims).await
    }

    /// A token with these claims.
    pub async fn access_token_with(&self, key: &str, claims: &AccessClaims) -> String {
        let keys = SigningKeys::new(SigningKey::parse(key).expect("a key"), Vec::new());
        let tokens = AccessTokens::new(&keys, &self.page_origin(), None);
        tokens.issue(claims).await.expect("a token")
    }
}
