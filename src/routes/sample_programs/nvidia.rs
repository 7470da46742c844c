//! NVIDIA's chat completions, by curl and by the `openai` packages, whose wire it speaks.

use super::literal::{json, python, shell};
use super::{Examples, PROMPT};

/// Where NVIDIA's API is.
pub const BASE_URL: &str = "https://integrate.api.nvidia.com";
/// Chat completions.
pub const ENDPOINT: &str = "https://integrate.api.nvidia.com/v1/chat/completions";
/// What the `openai` packages call a base URL: it ends before the operation.
const SDK_BASE_URL: &str = "https://integrate.api.nvidia.com/v1";

/// The programs that ask this model.
#[must_use]
pub fn examples(model: &str) -> Examples {
    Examples {
        curl: curl(model),
        node: node(model),
        python: script(model),
    }
}

/// A header would show the key in the list of processes; curl hides the value of `--oauth2-bearer`.
fn curl(model: &str) -> String {
    let (url, prompt) = (shell(ENDPOINT), json(PROMPT));
    let body = shell(&format!(
        r#"{{"model": {}, "messages": [{{"role": "user", "content": {prompt}}}]}}"#,
        json(model)
    ));
    format!(
        r#"curl -X POST {url} \
  --fail-with-body --silent --show-error \
  --oauth2-bearer "$NVIDIA_API_KEY" \
  -H 'content-type: application/json' \
  -d {body}
"#
    )
}

// The packages take keys, an organization, a project and headers from variables of their own; none of it is for NVIDIA.
// Headers of `OPENAI_CUSTOM_HEADERS` no argument keeps back, so the programs forget all of these variables.

fn node(model: &str) -> String {
    let (base, model, prompt) = (json(SDK_BASE_URL), json(model), json(PROMPT));
    format!(
        r#"// Node.js 22 or later: npm install openai
// Save as example.mjs, set NVIDIA_API_KEY, run: node example.mjs
import OpenAI from "openai";

const apiKey = process.env.NVIDIA_API_KEY;
if (!apiKey) throw new Error("NVIDIA_API_KEY is not set");
// What the package finds here of OpenAI it would send to NVIDIA.
for (const name in process.env) if (name.startsWith("OPENAI_")) delete process.env[name];
const client = new OpenAI({{ apiKey, baseURL: {base} }});
const completion = await client.chat.completions.create({{
  model: {model},
  messages: [{{ role: "user", content: {prompt} }}],
}});
console.log(completion.choices[0].message.content);
"#
    )
}

fn script(model: &str) -> String {
    let (base, model, prompt) = (python(SDK_BASE_URL), python(model), python(PROMPT));
    format!(
        r#"# Python 3.10 or later: pip install openai
# Save as example.py, set NVIDIA_API_KEY, run: python3 example.py
import os

from openai import OpenAI

# What the package finds here of OpenAI it would send to NVIDIA.
for name in [name for name in os.environ if name.startswith("OPENAI_")]:
    del os.environ[name]
client = OpenAI(api_key=os.environ["NVIDIA_API_KEY"], base_url={base})
completion = client.chat.completions.create(
    model={model},
    messages=[{{"role": "user", "content": {prompt}}}],
)
print(completion.choices[0].message.content)
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_one() {
        assert_eq!(format!("{BASE_URL}/v1"), SDK_BASE_URL);
        assert_eq!(format!("{SDK_BASE_URL}/chat/completions"), ENDPOINT);
    }

    #[test]
    fn each_names_the_model_and_the_variable() {
        let Examples { curl, node, python } = examples("nvidia/model");
        for program in [curl, node, python] {
            assert!(program.contains("\"nvidia/model\""));
            assert!(program.contains("NVIDIA_API_KEY"));
        }
    }
}
