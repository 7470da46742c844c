//! Services: confidential OAuth clients that get access tokens for themselves.

use super::access_tokens::RESOURCE;
use super::app::App;
use super::caller::Caller;
use super::internals::fingerprint;
use super::request::Request;
use super::seed::unique_id;
use super::vars::Vars;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The path of the token endpoint.
pub const TOKEN: &str = "/oauth/token";

/// The type of assertions.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A resource with three scopes, and one with another scope.
pub const RESOURCES: &str = r#"[
    {"resource": "https://api.example.com/v1", "name": "Reports", "scopes": {
        "reports:read": ["user", "admin", "super_admin"], "reports:write": ["admin", "super_admin"], "reports:delete": ["super_admin"]}},
    {"resource": "https://mail.example.com/", "name": "Mail", "scopes": {"mail:send": ["user"]}}
]"#;

/// A server with these resources.
pub fn with_resources() -> Vars {
    Vars::new().set("OAUTH_RESOURCES", RESOURCES)
}

/// A key of a service.
pub enum ServiceKey {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

static ES256: LazyLock<ServiceKey> = LazyLock::new(ServiceKey::new_es256);
static ED25519: LazyLock<ServiceKey> = LazyLock::new(|| {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    ServiceKey::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"))
});
static RS256: LazyLock<ServiceKey> = LazyLock::new(|| {
    let pkcs8 = include_bytes!("../../vectors/rsa_2048.pk8");
    ServiceKey::Rs256(RsaKeyPair::from_pkcs8(pkcs8).expect("a key"))
});

impl ServiceKey {
    pub fn new_es256() -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        Self::Es256(EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).expect("a key"))
    }

    /// The key for an algorithm.
    fn of(algorithm: &str) -> &'static Self {
        match algorithm {
            "ES256" => &ES256,
            "EdDSA" => &ED25519,
            _ => &RS256,
        }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let text = Base64UrlUnpadded::encode_string;
        match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Self::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()) })
            }
            Self::Rs256(key) => {
                let numbers = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "n": text(&numbers.n), "e": text(&numbers.e) })
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key
                .sign(&random, message)
                .expect("signed")
                .as_ref()
                .to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("signed");
                signature
            }
        }
    }

    /// A JWT with this header and these claims.
    pub fn jwt(&self, header: &str, claims: &str) -> String {
        let text = Base64UrlUnpadded::encode_string;
        let message = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
        format!("{message}.{}", text(&self.sign(message.as_bytes())))
    }
}

/// A service.
#[derive(Clone)]
pub struct Service {
    app: App,
    pub id: String,
    /// How it authenticates: a method, for `private_key_jwt` followed by the algorithm.
    pub method: &'static str,
    pub secret: String,
}

/// Methods of authentication, with each algorithm of assertions.
pub const METHODS: [&str; 5] = [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt ES256",
    "private_key_jwt EdDSA",
    "private_key_jwt RS256",
];

impl App {
    /// A service with this method of [`METHODS`], and these scopes.
    pub async fn service(&self, method: &'static str, scope: &str) -> Service {
        let service = Service {
            app: self.clone(),
            // Not an id of `seed_oauth_client`.
            id: unique_id().to_string().replace("-0000-", "-0001-"),
            method,
            secret: format!("secret-of-{}", unique_id()),
        };
        let (method, algorithm) = method.split_once(' ').unwrap_or((method, ""));
        let hash = fingerprint(&service.secret);
        let keys = json!({ "keys": [ServiceKey::of(algorithm).jwk()] }).to_string();
        let is_assertion = method == "private_key_jwt";
        let sql = "INSERT INTO oauth_clients
                     (id, name, name_search, kind, token_endpoint_auth_method, secret_hash, secret_created_at, jwks, redirect_uris,
                      post_logout_redirect_uris, grant_types, scope, is_active, created_at, updated_at)
                   VALUES (?1, 'Service', 'service', 'confidential', ?2, nullif(?3, ''), CASE WHEN ?3 <> '' THEN ?6 END,
                           nullif(?4, ''), '[]', '[]', '[\"client_credentials\"]', ?5, 1, ?6, ?6)";
        let values = [
            service.id.as_str(),
            method,
            if is_assertion { "" } else { &hash },
            if is_assertion { &keys } else { "" },
            scope,
            "2024-01-01T00:00:00Z",
        ];
        self.sql(sql, values).await;
        service
    }

    /// The id of a public client.
    pub async fn public_client(&self) -> String {
        let id = self.service("client_secret_post", "").await.id;
        let sql = "UPDATE oauth_clients
                   SET kind = 'public', token_endpoint_auth_method = 'none', secret_hash = NULL, secret_created_at = NULL,
                       redirect_uris = '[\"http://127.0.0.1/callback\"]', grant_types = '[\"authorization_code\"]'
                   WHERE id = ?1";
        self.sql(sql, [id.as_str()]).await;
        id
    }

    /// The time of this view, in seconds since 1970.
    pub fn unix_time(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a time").as_secs();
        i64::try_from(now).expect("a time") + self.clock()
    }
}

impl Service {
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The same client, as it would authenticate with this method.
    pub fn with_method(&self, method: &'static str) -> Self {
        Self {
            method,
            ..self.clone()
        }
    }

    /// The same client with this secret.
    pub fn with_secret(&self, secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
            ..self.clone()
        }
    }

    /// The same service in another view of the server.
    pub fn in_view(&self, app: &App) -> Self {
        Self {
            app: app.clone(),
            ..self.clone()
        }
    }

    /// The claims of a new assertion.
    pub fn claims(&self) -> Value {
        let now = self.app.unix_time();
        json!({
            "iss": self.id, "sub": self.id, "aud": self.app.page_origin(), "iat": now, "exp": now + 60, "jti": unique_id()
        })
    }

    /// Its key, if it has one.
    pub fn key(&self) -> &'static ServiceKey {
        ServiceKey::of(self.algorithm())
    }

    fn algorithm(&self) -> &'static str {
        self.method.split_once(' ').map_or("", |(_, name)| name)
    }

    /// An assertion with these claims.
    pub fn assertion(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        self.key().jwt(&header.to_string(), &claims.to_string())
    }

    /// The header `Authorization` of `client_secret_basic`.
    pub fn basic(&self) -> String {
        let text = format!("{}:{}", self.id, self.secret);
        format!("Basic {}", Base64::encode_string(text.as_bytes()))
    }

    /// A form with these parameters, authenticated with the method of the service.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Request {
        let request = self.app.post(path);
        match self.method {
            "client_secret_basic" => request.header("authorization", self.basic()).form(form),
            "client_secret_post" => {
                let own = [
                    ("client_id", self.id.as_str()),
                    ("client_secret", &self.secret),
                ];
                request.form(&[form, &own].concat())
            }
            "none" => request.form(&[form, &[("client_id", self.id.as_str())]].concat()),
            _ => self.post_assertion(path, form, &self.assertion(&self.claims())),
        }
    }

    /// A form with these parameters and this assertion.
    pub fn post_assertion(&self, path: &str, form: &[(&str, &str)], assertion: &str) -> Request {
        let own = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ];
        self.app.post(path).form(&[form, &own].concat())
    }

    /// A request for a token for [`RESOURCE`] with all scopes.
    pub fn request_token(&self) -> Request {
        self.post(TOKEN, &GRANT)
    }

    /// A token for [`RESOURCE`] with all scopes.
    pub async fn token(&self) -> String {
        self.token_for(RESOURCE).await
    }

    /// A caller with a token for the administration of the service, with all scopes.
    pub async fn administrator(&self) -> Caller {
        let resource = format!("{}/api/auth", self.app.page_origin());
        self.app.with_token(self.token_for(&resource).await)
    }

    /// A token for this resource with all scopes.
    pub async fn token_for(&self, resource: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", resource)];
        let response = self.post(TOKEN, &form).await;
        let token = response.assert_status(200).json()["access_token"].clone();
        token.as_str().expect("a token").to_owned()
    }
}

/// The parameters of [`Service::request_token`].
pub const GRANT: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("resource", RESOURCE)];
