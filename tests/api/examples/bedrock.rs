//! The examples of `/aws-credentials`, against ministack, which recomputes every signature.

use super::people::people;
use super::{Desk, Way, ministack, programs, said};
use crate::aws_credentials::{keyed, page};
use crate::sessions::signed_in;
use crate::support::App;
use edge_auth::aws::sigv4::Credentials;
use edge_auth::crypto::secret::Secret;

#[tokio::test]
async fn the_examples_run_and_a_wrong_secret_does_not() {
    let desk = Desk::new();
    let bedrock = ministack().await;
    let way = Way::new(&desk, Some(&bedrock), "none").await;
    let (user, session) = people(&bedrock.endpoint).await;
    for keys in [user, session] {
        let Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        } = &keys;
        let mut vars = keyed()
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
        let shown = page(&app, &signed_in(&app, &app.admin("ada").await).await).await;
        for (language, program) in programs(&shown) {
            let output = way.run(&desk, language, &program, &right);
            let text = said(&output);
            assert!(output.status.success(), "{language:?}: {text}");
            assert!(
                text.contains("mock anthropic global.anthropic.claude-sonnet-4-6]"),
                "{language:?}: {text}"
            );
            let mut wrong = right.clone();
            wrong[1].1 = "a/wrong+secret";
            let output = way.run(&desk, language, &program, &wrong);
            let text = said(&output);
            assert!(!output.status.success(), "{language:?}: {text}");
            assert!(text.contains("signature"), "{language:?}: {text}");
        }
    }
}
