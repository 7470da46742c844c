//! `cargo xtask aws-login`: proves an AWS identity to a deployed service, and prints the token that it gives for it.
//!
//! The keys stay here: what is sent is a signature of a `GetCallerIdentity` request (`edge_auth::aws::proof`).

use crate::place;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use edge_auth::aws::partition::{Endpoint, Region, Service};
use edge_auth::aws::proof::Proof;
use edge_auth::aws::sigv4::Credentials;
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const HELP: &str = "Usage: cargo xtask aws-login --url https://auth.example.com [options]

Signs in with your own AWS credentials and prints the access token. They come from AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN if set, else from the AWS CLI, which knows profiles, SSO and roles. They are
not sent: the service gets a signature that is good for one sign-in within 15 minutes.

  --profile NAME         the AWS CLI's profile; AWS_PROFILE if not given
  --server-id ORIGIN     the service's JWT_ISSUER, if it is not the origin of --url
  --region NAME          the service's AWS_REGION (us-east-1)
  --sts-endpoint URL     the service's AWS_ENDPOINT_URL_STS, in development";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Login {
    url: String,
    profile: Option<String>,
    /// The service for which the proof is signed: services with a different `JWT_ISSUER` refuse it.
    server_id: String,
    region: String,
    sts_endpoint: Option<String>,
}

/// Does what the words behind `aws-login` say.
pub fn start(words: impl Iterator<Item = OsString>) -> Result<String, String> {
    match read(&mut lexopt::Parser::from_args(words)) {
        Ok(Some(login)) => run(&login),
        Ok(None) => Ok(HELP.to_owned()),
        Err(error) => Err(format!("{error}.")),
    }
}

/// `None` asks for help.
fn read(parser: &mut lexopt::Parser) -> Result<Option<Login>, lexopt::Error> {
    let mut login = Login {
        url: String::new(),
        profile: None,
        server_id: String::new(),
        region: "us-east-1".to_owned(),
        sts_endpoint: None,
    };
    while let Some(word) = parser.next()? {
        match word {
            Long("url") => login.url = parser.value()?.string()?,
            Long("profile") => login.profile = Some(parser.value()?.string()?),
            Long("server-id") => login.server_id = parser.value()?.string()?,
            Long("region") => login.region = parser.value()?.string()?,
            Long("sts-endpoint") => login.sts_endpoint = Some(parser.value()?.string()?),
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(word.unexpected()),
        }
    }
    if login.url.is_empty() {
        return Err("--url is missing; see --help".into());
    }
    let origin = origin(&login.url)?;
    if login.server_id.is_empty() {
        login.server_id = origin;
    }
    Ok(Some(login))
}

/// The origin of a URL, as a service's `JWT_ISSUER` spells it. Loopback is `localhost` there, however it is addressed.
fn origin(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).ok();
    let parsed = parsed.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let mut parsed = parsed.ok_or_else(|| {
        format!(
            "`{url}` is not the URL of a service; expected a URL such as https://auth.example.com"
        )
    })?;
    if matches!(parsed.host_str(), Some("127.0.0.1" | "[::1]")) {
        parsed
            .set_host(Some("localhost"))
            .map_err(|error| format!("`{url}`: {error}"))?;
    }
    Ok(parsed.origin().ascii_serialization())
}

/// Signs in; gives the access token.
fn run(login: &Login) -> Result<String, String> {
    let region = Region::parse(&login.region)
        .ok_or_else(|| format!("{} is no AWS region.", login.region))?;
    let endpoint = match &login.sts_endpoint {
        Some(url) => Endpoint::overridden(url).ok_or_else(|| format!("{url} is no endpoint."))?,
        None => Endpoint::of(Service::Sts, region),
    };
    let credentials = credentials(login.profile.as_deref())?;
    let now = now()?;
    let nonce = Base64UrlUnpadded::encode_string(&place::random::<16>()?);
    let proof = Proof::sign_with_nonce(
        &endpoint,
        region.as_str(),
        &login.server_id,
        Some(&nonce),
        &credentials,
        now,
    )
    .map_err(|_| "These AWS credentials cannot sign a request.".to_owned())?;
    let (access_key_id, amz_date, signature, session_token) = proof.values();
    let mut body = Map::new();
    body.insert("access_key_id".into(), json!(access_key_id));
    body.insert("amz_date".into(), json!(amz_date));
    body.insert("signature".into(), json!(signature));
    body.insert("nonce".into(), json!(nonce));
    if let Some(token) = session_token {
        body.insert("session_token".into(), json!(token));
    }
    send(&login.url, &Value::Object(body))
}

fn now() -> Result<Timestamp, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok());
    seconds
        .map(Timestamp::from_seconds)
        .ok_or_else(|| "This machine's clock is before 1970.".to_owned())
}

fn credentials(profile: Option<&str>) -> Result<Credentials, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if profile.is_none()
        && let (Some(id), Some(key)) = (
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
        )
    {
        return Ok(Credentials {
            access_key_id: Secret::new(id),
            secret_access_key: Secret::new(key),
            session_token: variable("AWS_SESSION_TOKEN").map(Secret::new),
        });
    }
    let mut aws = Command::new("aws");
    aws.args(["configure", "export-credentials", "--format", "process"]);
    if let Some(profile) = profile {
        aws.args(["--profile", profile]);
    }
    let output = aws.output().map_err(|_| {
        "No AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install the AWS CLI.".to_owned()
    })?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "The AWS CLI gives no credentials: {}",
            reason.trim()
        ));
    }
    exported(&output.stdout).ok_or_else(|| "The AWS CLI's credentials cannot be read.".to_owned())
}

/// What `aws configure export-credentials --format process` prints.
fn exported(output: &[u8]) -> Option<Credentials> {
    let value: Value = serde_json::from_slice(output).ok()?;
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(Secret::new);
    Some(Credentials {
        access_key_id: field("AccessKeyId")?,
        secret_access_key: field("SecretAccessKey")?,
        session_token: field("SessionToken"),
    })
}

fn send(url: &str, body: &Value) -> Result<String, String> {
    let url = format!("{}/api/auth/aws-login", url.trim_end_matches('/'));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| format!("Cannot start: {error}."))?;
    runtime.block_on(async {
        // A redirect would carry the proof to somebody else.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| format!("Cannot start: {error}."))?;
        let request = client
            .post(&url)
            .header("content-type", "application/json")
            .body(body.to_string());
        let reply = request
            .send()
            .await
            .map_err(|_| format!("{url} does not answer."))?;
        let status = reply.status();
        let text = reply.text().await.unwrap_or_default();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let said = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        match said("access_token") {
            Some(token) => Ok(token),
            None => Err(format!(
                "{status}: {}",
                said("detail").unwrap_or_else(|| "no reply of Edge Auth".to_owned())
            )),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{exported, read};

    #[test]
    fn what_the_aws_cli_exports_is_read() {
        let keys = exported(
            br#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t"}"#,
        );
        let keys = keys.expect("credentials");
        assert_eq!(keys.access_key_id.reveal(), "AKIA");
        assert_eq!(keys.session_token.expect("token").reveal(), "t");
        assert!(exported(b"{}").is_none());
        assert!(exported(b"Unable to locate credentials").is_none());
    }

    #[test]
    fn a_url_is_needed() {
        let login = |words: &[&str]| read(&mut lexopt::Parser::from_args(words));
        assert!(login(&[]).is_err());
        assert!(login(&["--url"]).is_err());
        assert!(login(&["--help"]).expect("help").is_none());
        let login = login(&["--url", "https://a.example", "--profile", "ci"])
            .expect("read")
            .expect("login");
        assert_eq!(
            (login.server_id.as_str(), login.profile.as_deref()),
            ("https://a.example", Some("ci"))
        );
    }

    #[test]
    fn server_id_without_option_is_origin_of_url() {
        let server_id = |words: &[&str]| {
            let read = read(&mut lexopt::Parser::from_args(words));
            read.map(|login| login.expect("login").server_id)
        };
        for (url, origin) in [
            ("https://Auth.Example.com/", "https://auth.example.com"),
            ("https://auth.example.com:443/x", "https://auth.example.com"),
            ("http://localhost:8787", "http://localhost:8787"),
            ("http://127.0.0.1:8787", "http://localhost:8787"),
            ("http://[::1]:8787/", "http://localhost:8787"),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(server_id(&["--url", url]).expect(url), origin);
        }
        let words = [
            "--url",
            "https://a.example",
            "--server-id",
            "https://b.example",
        ];
        assert_eq!(server_id(&words).expect("given"), "https://b.example");
        for url in [
            "auth.example.com",
            "localhost:8787",
            "ftp://a.example",
            "file:///x",
        ] {
            assert!(server_id(&["--url", url]).is_err(), "{url}");
        }
    }
}
