//! The example programs of `/nvidia-credentials`, against a server with `OpenAI`'s API that accepts one key.

use super::{Upstreams, Workspace, printed, programs};
use crate::support::credentials::with_nvidia_key;
use crate::support::{App, Cases};

const KEY: &str = "nvapi-of-the-examples-0123456789abcdef";

/// Variables that users of `OpenAI` may have in their environment, and that must not be sent to NVIDIA: the server refuses
/// requests with them.
const OPENAI_VARIABLES: [(&str, &str); 3] = [
    ("OPENAI_ORG_ID", "org-of-the-user"),
    ("OPENAI_PROJECT_ID", "proj_of_the_user"),
    ("OPENAI_CUSTOM_HEADERS", "OpenAI-Gateway: of the user"),
];

/// A sample runs each program with all variables of `OpenAI`, and with a wrong key but not without one.
async fn run_examples(cases: Cases) {
    let workspace = Workspace::new();
    let upstreams = Upstreams::new(&workspace, None, KEY).await;
    let app = App::with(with_nvidia_key(KEY));
    let response = app
        .admin("ada")
        .await
        .sign_in()
        .await
        .nvidia_credentials()
        .await;
    for (language, program) in programs(&response) {
        let (with_others, without_others) = (&OPENAI_VARIABLES[..], &[][..]);
        for others in [with_others, without_others]
            .into_iter()
            .take(cases.number(1, 2))
        {
            let keys = [&[("NVIDIA_API_KEY", KEY)], others].concat();
            let output = upstreams.run(&workspace, language, &program, &keys);
            let text = printed(&output);
            assert!(output.status.success(), "{language:?}: {text}");
            let expected = "[test model nvidia/nemotron-3-super-120b-a12b] The sea is wide.";
            assert!(text.contains(expected), "{language:?}: {text}");
        }
        let wrong = ["nvapi-of-another-user", ""];
        for wrong in wrong.into_iter().take(cases.number(1, 2)) {
            // A key of OpenAI must not be sent to NVIDIA, even if the key of NVIDIA is missing.
            let keys = [("NVIDIA_API_KEY", wrong), ("OPENAI_API_KEY", KEY)];
            let output = upstreams.run(&workspace, language, &program, &keys);
            assert!(
                !output.status.success(),
                "{language:?}: {}",
                printed(&output)
            );
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn examples_run_and_fail_with_a_wrong_key() {
    run_examples(Cases::of_this_run()).await;
}
