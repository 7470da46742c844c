//! The examples of `/nvidia-credentials`, against a stand-in that speaks `OpenAI`'s API to whoever has the key.

use super::{Desk, Way, programs, said};
use crate::nvidia_credentials::{keyed, page};
use crate::sessions::signed_in;
use crate::support::App;

const KEY: &str = "nvapi-of-the-examples-0123456789abcdef";

/// What whoever also works with `OpenAI` may have in the environment, and what is none of NVIDIA's business: the stand-in
/// answers nobody who shows it.
const OF_OPENAI: [(&str, &str); 3] = [
    ("OPENAI_ORG_ID", "org-of-the-reader"),
    ("OPENAI_PROJECT_ID", "proj_of_the_reader"),
    ("OPENAI_CUSTOM_HEADERS", "OpenAI-Gateway: of the reader"),
];

#[tokio::test]
async fn the_examples_run_and_a_wrong_key_does_not() {
    let desk = Desk::new();
    let way = Way::new(&desk, None, KEY).await;
    let app = App::with(keyed(KEY));
    let shown = page(&app, &signed_in(&app, &app.admin("ada").await).await).await;
    for (language, program) in programs(&shown) {
        for others in [&[][..], &OF_OPENAI] {
            let keys = [&[("NVIDIA_API_KEY", KEY)], others].concat();
            let output = way.run(&desk, language, &program, &keys);
            let text = said(&output);
            assert!(output.status.success(), "{language:?}: {text}");
            let answer = "[a stand-in for nvidia/nemotron-3-super-120b-a12b] The sea is wide.";
            assert!(text.contains(answer), "{language:?}: {text}");
        }
        for wrong in ["nvapi-of-somebody-else", ""] {
            // A key of OpenAI must not go to NVIDIA, not even where theirs is missing.
            let keys = [("NVIDIA_API_KEY", wrong), ("OPENAI_API_KEY", KEY)];
            let output = way.run(&desk, language, &program, &keys);
            assert!(!output.status.success(), "{language:?}: {}", said(&output));
        }
    }
}
