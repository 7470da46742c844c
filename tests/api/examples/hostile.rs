//! Configuration that would be code if it could: every example still is one program, which passes the text on as it is.

use super::people::people;
use super::{Desk, LANGUAGES, Language, Way, ministack, programs, said};
use crate::aws_credentials as aws;
use crate::nvidia_credentials as nvidia;
use crate::sessions::signed_in;
use crate::support::App;
use edge_auth::aws::region::Region;
use edge_auth::routes::sample_programs::{Examples, bedrock, nvidia as nvidia_examples};
use serde_json::Value;
use std::fs;

/// Every way out of a literal at once, and a trace that whoever got out would leave.
const HOSTILE: &str = "a'b\"c\\d`touch out`$(touch out)${HOME}!!#{1}\n\r\t'; touch out #\"\"\" '''\\\n*/ // é 🔑 \u{202e}\u{2028}\u{85}%s%0a ; & | < > ~ {a,b} [c-d]* ?";

#[test]
fn every_example_is_well_formed_whatever_the_model_is_called() {
    let desk = Desk::new();
    for model in [HOSTILE, "\0", "'", "\\", "\u{7f}\u{1b}[31m"] {
        for Examples { curl, node, python } in [
            bedrock::examples(Region::default(), model, true),
            nvidia_examples::examples(model),
        ] {
            for ((language, _), program) in LANGUAGES.iter().zip([curl, node, python]) {
                assert!(
                    program
                        .bytes()
                        .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)),
                    "{program:?}"
                );
                desk.assert_parses(*language, &program);
            }
        }
    }
}

#[tokio::test]
async fn every_example_passes_the_text_on_as_it_is() {
    let desk = Desk::new();
    let key = "nvapi-'\"$(touch:out)`touch:out`\\";
    let bedrock = ministack().await;
    let way = Way::new(&desk, Some(&bedrock), key).await;
    let (user, _) = people(&bedrock.endpoint).await;

    let app = App::with(
        nvidia::keyed(key)
            .set("NVIDIA_MODEL_ID", HOSTILE)
            .set("BEDROCK_MODEL_ID", HOSTILE)
            .set("AWS_ACCESS_KEY_ID", user.access_key_id.reveal())
            .set("AWS_SECRET_ACCESS_KEY", user.secret_access_key.reveal()),
    );
    let region = "eu-north-1'; touch out; '";
    let ada = app
        .person("ada")
        .role("admin")
        .aws_region(region)
        .create()
        .await;
    let token = signed_in(&app, &ada).await;

    for (language, program) in programs(&nvidia::page(&app, &token).await) {
        desk.assert_parses(language, &program);
        let output = way.run(&desk, language, &program, &[("NVIDIA_API_KEY", key)]);
        assert!(output.status.success(), "{language:?}: {}", said(&output));
        let answer = String::from_utf8(output.stdout).unwrap();
        let answer = if language == Language::Shell {
            let reply: Value = serde_json::from_str(&answer).unwrap();
            reply["choices"][0]["message"]["content"]
                .as_str()
                .unwrap()
                .to_owned()
        } else {
            answer.strip_suffix('\n').unwrap().to_owned()
        };
        assert_eq!(
            answer,
            format!("[a stand-in for {HOSTILE}] The sea is wide.")
        );
    }

    let page = aws::page(&app, &token).await;
    let endpoint = page.json()["credentials"]["endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    for (language, program) in programs(&page) {
        desk.assert_parses(language, &program);
        let keys = [
            ("AWS_ACCESS_KEY_ID", user.access_key_id.reveal()),
            ("AWS_SECRET_ACCESS_KEY", user.secret_access_key.reveal()),
        ];
        if language == Language::Shell {
            // Not every curl signs such a path rightly, so it is its words that are looked at.
            let program = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{program}");
            let output = desk.run(language, &program, &keys);
            let text = String::from_utf8(output.stdout).unwrap();
            let words: Vec<&str> = text.split('\0').collect();
            assert_eq!(words[2], endpoint);
            assert!(words.contains(&"aws:amz:us-east-1:bedrock"), "{words:?}");
            let user = keys.map(|(_, value)| value).join(":");
            assert!(words.contains(&user.as_str()), "{words:?}");
        } else {
            // ministack routes no path with a line break; what it then says is after it found the signature right.
            let text = said(&way.run(&desk, language, &program, &keys));
            let answer = format!("No route for POST /model/{HOSTILE}/converse");
            assert!(text.contains(&answer), "{language:?}: {text}");
        }
    }
    assert!(
        !fs::exists(desk.folder.join("out")).unwrap(),
        "somebody got out"
    );
}
