//! Sample programs that call the chat completions of NVIDIA. Its API is compatible with that of the `openai` packages.

use super::literal::{json, python, shell};
use super::{Examples, PROMPT};

/// Base URL of NVIDIA's API.
pub const BASE_URL: &str = "https://integrate.api.nvidia.com";
/// URL of the chat completions.
pub const ENDPOINT: &str = "https://integrate.api.nvidia.com/v1/chat/completions";
/// Base URL for the `openai` packages, to which they append the operation.
const SDK_BASE_URL: &str = "https://integrate.api.nvidia.com/v1";

/// The sample programs for this model.
#[must_use]
pub fn examples(model: &str) -> Examples {
    Examples {
        curl: curl(model),
        node: node(model),
        python: script(model),
    }
}

/// `--oauth2-bearer` is used because curl hides its value from the list of processes. The value of a header would be visible
/// there.
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

// The packages read keys, an organization, a project and headers from variables that begin with `OPENAI_`. These must not be
// sent to NVIDIA. No argument disables the headers in `OPENAI_CUSTOM_HEADERS`, so the programs delete all of these variables.

fn node(model: &str) -> String {
    let (base, model, prompt) = (json(SDK_BASE_URL), json(model), json(PROMPT));
    format!(
        r#"// Node.js 22 or later: npm install openai
// Save as example.mjs, set NVIDIA_API_KEY, run: node example.mjs
import OpenAI from "openai";

const apiKey = process.env.NVIDIA_API_KEY;
if (!apiKey) throw new Error("NVIDIA_API_KEY is not set");
// The package would send the values of these OpenAI variables to NVIDIA.
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

# The package would send the values of these OpenAI variables to NVIDIA.
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
    fn urls_have_the_same_base() {
        assert_eq!(format!("{BASE_URL}/v1"), SDK_BASE_URL);
        assert_eq!(format!("{SDK_BASE_URL}/chat/completions"), ENDPOINT);
    }

    #[test]
    fn each_program_names_the_model_and_the_variable() {
        let Examples { curl, node, python } = examples("nvidia/model");
        for program in [curl, node, python] {
            assert!(program.contains("\"nvidia/model\""));
            assert!(program.contains("NVIDIA_API_KEY"));
        }
    }
}
