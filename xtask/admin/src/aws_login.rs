//! `cargo xtask aws-login`: proves an AWS identity to a service, and prints the token that it returns.
//!
//! The AWS keys stay on this machine: the service receives the signature of a `GetCallerIdentity` request
//! (`edge_auth::aws::proof`).

use crate::http::{Call, Http};
use crate::{random, service};
use anyhow::{Context as _, Result, anyhow, bail};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use cli::AwsLogin;
use edge_auth::aws::endpoint::{Endpoint, Service};
use edge_auth::aws::proof::Proof;
use edge_auth::aws::region::Region;
use edge_auth::aws::sigv4::Credentials;
use edge_auth::crypto::secret::Secret;
use serde_json::{Map, Value, json};
use std::env;
use std::process::Command;

/// Signs in; returns the session token.
///
/// # Errors
/// Missing credentials, invalid options, or the error of the service.
pub fn run(login: &AwsLogin) -> Result<String> {
    let issuer = cli::issuer(&login.url)?;
    // Services with another JWT_ISSUER refuse the proof.
    let server_id = login.server_id.as_deref().unwrap_or(&issuer);
    let region = Region::parse(&login.region)
        .with_context(|| format!("invalid --region: '{}' is not an AWS region", login.region))?;
    let endpoint = match &login.sts_endpoint {
        Some(url) => Endpoint::overridden(url)
            .with_context(|| format!("invalid --sts-endpoint: '{url}' is not an endpoint"))?,
        None => Endpoint::of(Service::Sts, region),
    };
    let credentials = credentials(login.profile.as_deref())?;
    let nonce = Base64UrlUnpadded::encode_string(&random::bytes::<16>()?);
    let proof = Proof::sign_with_nonce(
        &endpoint,
        region.as_str(),
        server_id,
        Some(&nonce),
        &credentials,
        service::now()?,
    )
    .map_err(|_| anyhow!("these AWS credentials cannot sign a request"))?;
    send(&login.url, &body(&proof, &nonce))
}

fn body(proof: &Proof, nonce: &str) -> Value {
    let (access_key_id, amz_date, signature, session_token) = proof.values();
    let mut body = Map::new();
    body.insert("access_key_id".into(), json!(access_key_id));
    body.insert("amz_date".into(), json!(amz_date));
    body.insert("signature".into(), json!(signature));
    body.insert("nonce".into(), json!(nonce));
    if let Some(token) = session_token {
        body.insert("session_token".into(), json!(token));
    }
    Value::Object(body)
}

fn credentials(profile: Option<&str>) -> Result<Credentials> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
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
        anyhow!(
            "AWS credentials not found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install the AWS CLI"
        )
    })?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("the AWS CLI has no credentials: {}", reason.trim());
    }
    exported(&output.stdout).context("the output of the AWS CLI contains no credentials")
}

/// Parses the output of `aws configure export-credentials --format process`.
fn exported(output: &[u8]) -> Option<Credentials> {
    let value: Value = serde_json::from_slice(output).ok()?;
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(Secret::new);
    Some(Credentials {
        access_key_id: field("AccessKeyId")?,
        secret_access_key: field("SecretAccessKey")?,
        session_token: field("SessionToken"),
    })
}

fn send(url: &str, body: &Value) -> Result<String> {
    let http = Http::new(url)?;
    let response = http.send(&Call::post("aws-login").json(body), None)?;
    let token = response.successful()?.json()["access_token"]
        .as_str()
        .map(str::to_owned);
    token.context("not an Edge Auth response")
}

#[cfg(test)]
mod tests {
    use super::exported;

    #[test]
    fn credentials_of_the_aws_cli_are_parsed() {
        let keys = exported(
            br#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t"}"#,
        );
        let keys = keys.expect("credentials");
        assert_eq!(keys.access_key_id.reveal(), "AKIA");
        assert_eq!(keys.session_token.expect("token").reveal(), "t");
        assert!(exported(b"{}").is_none());
        assert!(exported(b"Unable to locate credentials").is_none());
    }
}
