//! Sample programs that call the Converse operation of Amazon Bedrock.

use super::literal::{json, python, shell};
use super::{Examples, PROMPT};
use crate::aws::endpoint::{Endpoint, Service};
use crate::aws::region::Region;
use crate::aws::wire::percent_encoded;

/// Signing name of Bedrock Runtime.
const SIGNING_NAME: &str = "bedrock";

/// The URL of Converse for this model or inference profile in this region.
#[must_use]
pub fn converse_url(region: Region, model: &str) -> String {
    let path = format!("/model/{}/converse", percent_encoded(model));
    Endpoint::of(Service::BedrockRuntime, region).url(&path)
}

/// The sample programs. Temporary keys are valid only with their session token. The SDKs read it from the environment, and the
/// curl command sends it in a header.
#[must_use]
pub fn examples(region: Region, model: &str, is_temporary: bool) -> Examples {
    Examples {
        curl: curl(region, model, is_temporary),
        node: node(region, model, is_temporary),
        python: script(region, model, is_temporary),
    }
}

/// The names of the variables that hold the keys, as a list in a sentence.
fn variables(is_temporary: bool) -> &'static str {
    if is_temporary {
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
    } else {
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    }
}

/// curl hides the value of `--user` from the list of processes. The session token is useless without the secret key, so it may
/// be visible in that list.
fn curl(region: Region, model: &str, is_temporary: bool) -> String {
    let url = shell(&converse_url(region, model));
    let signature = shell(&format!("aws:amz:{}:{SIGNING_NAME}", region.as_str()));
    let token = if is_temporary {
        "\n  -H \"x-amz-security-token: $AWS_SESSION_TOKEN\" \\"
    } else {
        ""
    };
    let body = shell(&format!(
        r#"{{"messages": [{{"role": "user", "content": [{{"text": {}}}]}}]}}"#,
        json(PROMPT)
    ));
    format!(
        r#"curl -X POST {url} \
  --fail-with-body --silent --show-error \
  --aws-sigv4 {signature} \
  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \{token}
  -H 'content-type: application/json' \
  -d {body}
"#
    )
}

fn node(region: Region, model: &str, is_temporary: bool) -> String {
    let (variables, region) = (variables(is_temporary), json(region.as_str()));
    let (model, prompt) = (json(model), json(PROMPT));
    format!(
        r#"// Node.js 22 or later: npm install @aws-sdk/client-bedrock-runtime
// Save as example.mjs, set {variables}, run: node example.mjs
import {{ BedrockRuntimeClient, ConverseCommand }} from "@aws-sdk/client-bedrock-runtime";

const client = new BedrockRuntimeClient({{ region: {region} }});
const response = await client.send(
  new ConverseCommand({{
    modelId: {model},
    messages: [{{ role: "user", content: [{{ text: {prompt} }}] }}],
  }}),
);
for (const {{ text }} of response.output.message.content) {{
  if (text) console.log(text);
}}
"#
    )
}

fn script(region: Region, model: &str, is_temporary: bool) -> String {
    let (variables, region) = (variables(is_temporary), python(region.as_str()));
    let (model, prompt) = (python(model), python(PROMPT));
    format!(
        r#"# Python 3.10 or later: pip install boto3
# Save as example.py, set {variables}, run: python3 example.py
import boto3

client = boto3.client("bedrock-runtime", region_name={region})
response = client.converse(
    modelId={model},
    messages=[{{"role": "user", "content": [{{"text": {prompt}}}]}}],
)
for block in response["output"]["message"]["content"]:
    print(block.get("text", ""))
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "global.anthropic.claude-sonnet-4-6";

    fn url(region: &str, model: &str) -> String {
        converse_url(Region::parse(region).unwrap(), model)
    }

    #[test]
    fn converse_url_depends_on_region_partition_and_model() {
        for (region, model, address) in [
            (
                "eu-north-1",
                MODEL,
                "https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse",
            ),
            (
                "us-east-1",
                "amazon.nova-lite-v1:0",
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse",
            ),
            (
                "us-gov-west-1",
                "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/x",
                "https://bedrock-runtime.us-gov-west-1.amazonaws.com/model/arn%3Aaws-us-gov%3Abedrock%3Aus-gov-west-1%3A\
                 123456789012%3Ainference-profile%2Fx/converse",
            ),
            (
                "eusc-de-east-1",
                "a/../b?c#d",
                "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu/model/a%2F..%2Fb%3Fc%23d/converse",
            ),
        ] {
            assert_eq!(url(region, model), address);
        }
    }

    #[test]
    fn only_temporary_keys_need_a_session_token() {
        for is_temporary in [true, false] {
            let Examples { curl, node, python } = examples(Region::default(), MODEL, is_temporary);
            for program in [curl, node, python] {
                assert_eq!(program.contains("AWS_SESSION_TOKEN"), is_temporary);
                assert!(program.contains("AWS_SECRET_ACCESS_KEY"));
                assert!(program.contains("us-east-1") && program.contains(MODEL));
            }
        }
    }
}
