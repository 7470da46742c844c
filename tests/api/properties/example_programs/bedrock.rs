//! The example programs of `/aws-credentials`, against ministack, which recomputes every signature.

use super::emulator_users::create_user_and_role;
use super::{Upstreams, Workspace, ministack, printed, programs};
use crate::support::credentials::with_aws_keys;
use crate::support::internals::{Secret, sigv4::Credentials};
use crate::support::{App, Cases};

/// A sample runs the programs only with the temporary keys of a role.
async fn run_examples(cases: Cases) {
    let workspace = Workspace::new();
    let bedrock = ministack().await;
    let upstreams = Upstreams::new(&workspace, Some(&bedrock), "none").await;
    let (user, session) = create_user_and_role(&bedrock.endpoint).await;
    for keys in [session, user].into_iter().take(cases.number(1, 2)) {
        let Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        } = &keys;
        let mut vars = with_aws_keys()
            .set("AWS_ACCESS_KEY_ID", access_key_id.reveal())
            .set("AWS_SECRET_ACCESS_KEY", secret_access_key.reveal());
        let mut right = vec![
            ("AWS_ACCESS_KEY_ID", access_key_id.reveal()),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key.reveal()),
        ];
        if let Some(token) = session_token.as_ref().map(Secret::reveal) {
            vars = vars.set("AWS_SESSION_TOKEN", token);
            right.push(("AWS_SESSION_TOKEN", token));
        }
        let app = App::with(vars);
        let response = app
            .admin("ada")
            .await
            .sign_in()
            .await
            .aws_credentials()
            .await;
        for (language, program) in programs(&response) {
            let output = upstreams.run(&workspace, language, &program, &right);
            let text = printed(&output);
            assert!(output.status.success(), "{language:?}: {text}");
            assert!(
                text.contains("mock anthropic global.anthropic.claude-sonnet-4-6]"),
                "{language:?}: {text}"
            );
            let mut wrong = right.clone();
            wrong[1].1 = "a/wrong+secret";
            let output = upstreams.run(&workspace, language, &program, &wrong);
            let text = printed(&output);
            assert!(!output.status.success(), "{language:?}: {text}");
            assert!(text.contains("signature"), "{language:?}: {text}");
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn examples_run_and_fail_with_a_wrong_secret() {
    run_examples(Cases::of_this_run()).await;
}
