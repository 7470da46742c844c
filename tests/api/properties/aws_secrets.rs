//! No secret of AWS is in a response, a log line, D1 or KV, in any encoding.

use crate::support::Response;
use crate::support::aws::{Client, Device, IsolatedAws, directory};
use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use aws_simulator::{Config, Operation, ResponseFault, Rule};

#[tokio::test]
async fn secrets_of_aws_are_neither_returned_nor_stored_nor_logged() {
    let aws = IsolatedAws::new(Config::default(), |simulator| {
        directory(simulator).set("AWS_LOGIN", "app,proof")
    });
    let (app, simulator) = (&aws.app, &aws.simulator);
    let mut lines = Vec::new();
    let mut keep = |response: &Response| {
        let line = format!("response {:?} {}", response.headers, response.text());
        lines.push(line);
    };
    let mut flows: Vec<(&str, Option<Rule>)> = [
        "ada.lovelace",
        "grace.hopper@example.com",
        "Zoë.O'Neil",
        "alan-turing",
        "nobody",
    ]
    .map(|directory_user| (directory_user, None))
    .into();
    for operation in [
        Operation::CreateToken,
        Operation::GetRoleCredentials,
        Operation::GetCallerIdentity,
        Operation::DescribeUser,
        Operation::Logout,
    ] {
        for response_fault in [
            ResponseFault::TrailingText,
            ResponseFault::InternalError,
            ResponseFault::WrongTypes,
        ] {
            flows.push((
                "ada.lovelace",
                Some(Rule::new(response_fault).on(operation)),
            ));
        }
    }
    for (directory_user, rule) in flows {
        let response = app.anonymous().register_client().await;
        keep(&response);
        let client = Client::of(&response);
        let response = app.anonymous().authorize_device(&client.body()).await;
        keep(&response);
        let device = Device::of(client, &response);
        simulator
            .approve(&device.user_code, directory_user)
            .unwrap();
        let rule = rule.map(|rule| {
            simulator
                .add_rule(rule.matching(device.requests()))
                .unwrap()
        });
        let response = app.token(&device).await;
        response.recorded().await;
        keep(&response);
        if let Some(rule) = rule {
            simulator.remove_rule(rule);
        }
        if response.status == 200 {
            let session = response.session();
            for request in [session.validate(), session.me()] {
                let response = request.await;
                response.assert_status(200).recorded().await;
                keep(&response);
            }
        }
    }
    let response = app.anonymous().aws_login().await;
    response.assert_status(200).recorded().await;
    keep(&response);

    lines.extend(stored_and_logged(app).await);
    assert_searched(
        &lines,
        &["D1 users", "KV aws-client:us-east-1", "KV session:", "log"],
    );
    assert!(lines.iter().any(|line| line.contains("ada.lovelace")));
    let secrets = simulator.secrets();
    assert!(secrets.len() > 60, "{}", secrets.len());
    let secrets: Vec<(&str, Vec<u8>)> = secrets
        .iter()
        .map(|secret| ("a secret of AWS", secret.clone().into()))
        .collect();
    assert_absent(&secrets, &lines);
}
