//! No configuration makes the service connect to a host other than AWS and this machine.

use crate::support::App;
use crate::support::aws::{SIMULATOR, portal, start};
use crate::support::internals::{Config as EdgeConfig, Timestamp};
use aws_simulator::Config;
use serde_json::json;

/// Regions and hosts that lead to another host.
#[expect(clippy::too_many_lines, reason = "a table")]
fn hostile() -> Vec<(&'static str, String)> {
    let regions = [
        "us-east-1.evil.example",
        "us-east-1.evil.example/",
        "us-east-1@evil.example",
        "@evil.example",
        "evil.example#",
        "evil.example/?",
        "us-east-1#",
        "us-east-1?",
        "us-east-1/",
        "/us-east-1",
        "us-east-1\\",
        "us-east-1:443",
        "us-east-1%2eevil",
        "us-east-1%00",
        "us-east-1\u{0}",
        "us-east-1\r\nHost: evil",
        "us-east-1\n",
        "us-east-1 ",
        " us-east-1",
        "US-EAST-1",
        "us_east_1",
        "us-east-1.",
        ".us-east-1",
        "us-east-99",
        "us-east-1a",
        "xx-evil-1",
        "evil",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]",
        "169.254.169.254",
        "metadata",
        "aws-global",
        "us-еast-1",
        "us\u{2010}east-1",
        "us-east-\u{661}",
        "..",
        "../..",
        "*",
        "us-east-1,eu-west-1",
        "us-east-1;",
        "https://evil.example",
        "//evil.example",
        "us-east-1&",
        "us-east-1=1",
        "${REGION}",
        "us-east-1<",
        "\"",
        "'",
    ];
    let hosts = [
        "http://evil.example",
        "https://evil.example",
        "https://sts.amazonaws.com.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1:80@evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1/evil",
        "http://127.0.0.1?x",
        "http://127.0.0.1#x",
        "http://127.0.0.1\\@evil.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[::]",
        "http://[::ffff:10.0.0.1]",
        "http://2130706433",
        "http://0x7f000001",
        "http://127.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//127.0.0.1",
        "127.0.0.1",
        "http:/127.0.0.1",
        "http:///127.0.0.1",
        "HTTP://127.0.0.1",
        "http://LOCALHOST",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:-1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:80:80",
        "http://",
        "http://127.0.0.1 ",
        "http://127.0.0.1\r\nx: y",
        "http://user:pw@127.0.0.1",
        "http://localhost%2eevil.example",
    ];
    let of_region = ["AWS_REGION", "AWS_SSO_REGION"];
    let of_host = [
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_IDENTITYSTORE",
    ];
    let regions = of_region
        .into_iter()
        .flat_map(|name| regions.map(|text| (name, text.to_owned())));
    let hosts = of_host
        .into_iter()
        .flat_map(|name| hosts.map(|text| (name, text.to_owned())));
    regions.chain(hosts).collect()
}

/// The Worker reads its configuration with the function that checks the whole table here; some rows are also checked in
/// the runtime.
#[tokio::test]
async fn hostile_configuration_connects_to_no_other_host() {
    let hostile = hostile();
    assert!(hostile.len() >= 200);
    let good = portal(&SIMULATOR);
    for (name, text) in &hostile {
        let lookup = |asked: &str| {
            if asked == *name {
                Some(text.clone())
            } else {
                good.get(asked).map(str::to_owned)
            }
        };
        let Err(errors) = EdgeConfig::from_lookup(lookup, Timestamp::from_seconds(1_800_000_000))
        else {
            panic!("{name} is accepted as {text:?}");
        };
        assert!(
            errors.len() == 1 && errors[0].name == *name,
            "{text:?}: {errors:?}"
        );
    }
    let simulator = start(Config::default());
    let canary = simulator.canary_url();
    let wrong = [
        ("AWS_SSO_REGION", "us-east-1.evil.example".to_owned()),
        ("AWS_REGION", "us-east-1@evil.example".to_owned()),
        (
            "AWS_ENDPOINT_URL_SSO_OIDC",
            canary.replace("127.0.0.1", "x@127.0.0.1"),
        ),
        ("AWS_ENDPOINT_URL_STS", format!("{canary}/elsewhere")),
    ];
    let vars = wrong.iter().fold(portal(&simulator), |vars, (name, text)| {
        vars.set(name, text)
    });
    let app = App::isolated(vars);
    let anonymous = app.anonymous();
    for request in [
        anonymous.register_client(),
        anonymous.authorize_device(&json!({})),
        anonymous.device_token(&json!({})),
        anonymous.aws_login(),
    ] {
        let response = request.await;
        response.assert_status(503);
        let detail = json!({ "detail": "Service temporarily unavailable" });
        assert_eq!(response.json(), detail);
    }
    let logs = app.server().logs();
    for (name, text) in &wrong {
        assert!(logs.iter().any(|(_, line)| line.contains(name)), "{logs:?}");
        assert!(
            !logs.iter().any(|(_, line)| line.contains(text)),
            "{logs:?}"
        );
    }
    assert!(simulator.journal().is_empty() && simulator.canary().is_empty());
}
