//! Configuration values that would be executed if they could escape from a literal. Every example must still be one
//! program that passes the values on unchanged.

use super::emulator_users::create_user_and_role;
use super::{LANGUAGES, Language, Upstreams, Workspace, ministack, printed, programs};
use crate::support::credentials::with_nvidia_key;
use crate::support::internals::Region;
use crate::support::internals::sample_programs::{Examples, bedrock, nvidia};
use crate::support::{App, Cases};
use serde_json::Value;
use std::fs;

/// All ways to escape from a literal. Each of them would create a file.
const HOSTILE: &str = "a'b\"c\\d`touch out`$(touch out)${HOME}!!#{1}\n\r\t'; touch out #\"\"\" '''\\\n*/ // é 🔑 \u{202e}\u{2028}\u{85}%s%0a ; & | < > ~ {a,b} [c-d]* ?";

fn check_examples(cases: Cases) {
    let workspace = Workspace::new();
    let models = [HOSTILE, "\0", "'", "\\", "\u{7f}\u{1b}[31m"];
    for model in models.into_iter().take(cases.number(1, 5)) {
        for Examples { curl, node, python } in [
            bedrock::examples(Region::default(), model, true),
            nvidia::examples(model),
        ] {
            for ((language, _), program) in LANGUAGES.iter().zip([curl, node, python]) {
                assert!(
                    program
                        .bytes()
                        .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)),
                    "{program:?}"
                );
                workspace.assert_parses(*language, &program);
            }
        }
    }
}

#[test]
fn examples_are_valid_programs_for_a_hostile_model_name() {
    check_examples(Cases::of_this_run());
}

#[tokio::test]
#[ignore = "slow: 6 runs of programs"]
async fn examples_pass_configured_values_on_unchanged() {
    let workspace = Workspace::new();
    let key = "nvapi-'\"$(touch:out)`touch:out`\\";
    let bedrock = ministack().await;
    let upstreams = Upstreams::new(&workspace, Some(&bedrock), key).await;
    let (user, _) = create_user_and_role(&bedrock.endpoint).await;

    let app = App::with(
        with_nvidia_key(key)
            .set("NVIDIA_MODEL_ID", HOSTILE)
            .set("BEDROCK_MODEL_ID", HOSTILE)
            .set("AWS_ACCESS_KEY_ID", user.access_key_id.reveal())
            .set("AWS_SECRET_ACCESS_KEY", user.secret_access_key.reveal()),
    );
    let region = "eu-north-1'; touch out; '";
    let ada = app
        .new_user("ada")
        .role("admin")
        .aws_region(region)
        .create()
        .await;
    let session = ada.sign_in().await;

    for (language, program) in programs(&session.nvidia_credentials().await) {
        workspace.assert_parses(language, &program);
        let output = upstreams.run(&workspace, language, &program, &[("NVIDIA_API_KEY", key)]);
        assert!(
            output.status.success(),
            "{language:?}: {}",
            printed(&output)
        );
        let output = String::from_utf8(output.stdout).unwrap();
        let output = if language == Language::Shell {
            let response: Value = serde_json::from_str(&output).unwrap();
            response["choices"][0]["message"]["content"]
                .as_str()
                .unwrap()
                .to_owned()
        } else {
            output.strip_suffix('\n').unwrap().to_owned()
        };
        assert_eq!(output, format!("[test model {HOSTILE}] The sea is wide."));
    }

    let response = session.aws_credentials().await;
    let endpoint = response.credentials()["endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    for (language, program) in programs(&response) {
        workspace.assert_parses(language, &program);
        let keys = [
            ("AWS_ACCESS_KEY_ID", user.access_key_id.reveal()),
            ("AWS_SECRET_ACCESS_KEY", user.secret_access_key.reveal()),
        ];
        if language == Language::Shell {
            // Not every version of curl signs such a path correctly, so its arguments are checked.
            let program = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{program}");
            let output = workspace.run(language, &program, &keys);
            let text = String::from_utf8(output.stdout).unwrap();
            let args: Vec<&str> = text.split('\0').collect();
            assert_eq!(args[2], endpoint);
            assert!(args.contains(&"aws:amz:us-east-1:bedrock"), "{args:?}");
            let user = keys.map(|(_, value)| value).join(":");
            assert!(args.contains(&user.as_str()), "{args:?}");
        } else {
            // ministack does not route a path with a line break; its error comes after the check of the signature.
            let text = printed(&upstreams.run(&workspace, language, &program, &keys));
            let output = format!("No route for POST /model/{HOSTILE}/converse");
            assert!(text.contains(&output), "{language:?}: {text}");
        }
    }
    assert!(
        !fs::exists(workspace.folder.join("out")).unwrap(),
        "a value was executed"
    );
}
