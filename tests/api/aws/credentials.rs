//! `GET /api/auth/aws-credentials`: the service's AWS credentials, masked, with example programs.

use crate::support::credentials::{assert_hidden, masked, with_aws_keys, with_unusual_secrets};
use crate::support::{App, Fault};

#[tokio::test]
async fn aws_credentials_returns_the_documented_body() {
    let app = App::with(with_aws_keys());
    let session = app.admin("ada").await.sign_in().await;
    let response = session.aws_credentials().await;
    insta::assert_snapshot!(response.snapshot(), @r##"
    200
    {
      "success": true,
      "credentials": {
        "region": "eu-north-1",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": "wJal****************************KEYX",
        "endpoint": "https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse",
        "authMethod": "AWS Signature Version 4",
        "curlExample": "curl -X POST 'https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse' \\\n  --fail-with-body --silent --show-error \\\n  --aws-sigv4 'aws:amz:eu-north-1:bedrock' \\\n  --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}]}'\n",
        "nodeExample": "// Node.js 22 or later: npm install @aws-sdk/client-bedrock-runtime\n// Save as example.mjs, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run: node example.mjs\nimport { BedrockRuntimeClient, ConverseCommand } from \"@aws-sdk/client-bedrock-runtime\";\n\nconst client = new BedrockRuntimeClient({ region: \"eu-north-1\" });\nconst response = await client.send(\n  new ConverseCommand({\n    modelId: \"global.anthropic.claude-sonnet-4-6\",\n    messages: [{ role: \"user\", content: [{ text: \"Write one sentence about the sea.\" }] }],\n  }),\n);\nfor (const { text } of response.output.message.content) {\n  if (text) console.log(text);\n}\n",
        "pythonExample": "# Python 3.10 or later: pip install boto3\n# Save as example.py, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run: python3 example.py\nimport boto3\n\nclient = boto3.client(\"bedrock-runtime\", region_name=\"eu-north-1\")\nresponse = client.converse(\n    modelId=\"global.anthropic.claude-sonnet-4-6\",\n    messages=[{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}],\n)\nfor block in response[\"output\"][\"message\"][\"content\"]:\n    print(block.get(\"text\", \"\"))\n"
      }
    }
    "##);
}

#[tokio::test]
async fn examples_for_temporary_keys_use_the_session_token() {
    let app = App::with(with_aws_keys().set("AWS_SESSION_TOKEN", "a-token-of-the-tests"));
    let session = app.admin("ada").await.sign_in().await;
    let response = session.aws_credentials().await;
    insta::assert_snapshot!(response.snapshot_body(), @r##"
    200
    {
      "success": true,
      "credentials": {
        "region": "eu-north-1",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": "wJal****************************KEYX",
        "endpoint": "https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse",
        "authMethod": "AWS Signature Version 4",
        "curlExample": "curl -X POST 'https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse' \\\n  --fail-with-body --silent --show-error \\\n  --aws-sigv4 'aws:amz:eu-north-1:bedrock' \\\n  --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \\\n  -H \"x-amz-security-token: $AWS_SESSION_TOKEN\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}]}'\n",
        "nodeExample": "// Node.js 22 or later: npm install @aws-sdk/client-bedrock-runtime\n// Save as example.mjs, set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, run: node example.mjs\nimport { BedrockRuntimeClient, ConverseCommand } from \"@aws-sdk/client-bedrock-runtime\";\n\nconst client = new BedrockRuntimeClient({ region: \"eu-north-1\" });\nconst response = await client.send(\n  new ConverseCommand({\n    modelId: \"global.anthropic.claude-sonnet-4-6\",\n    messages: [{ role: \"user\", content: [{ text: \"Write one sentence about the sea.\" }] }],\n  }),\n);\nfor (const { text } of response.output.message.content) {\n  if (text) console.log(text);\n}\n",
        "pythonExample": "# Python 3.10 or later: pip install boto3\n# Save as example.py, set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, run: python3 example.py\nimport boto3\n\nclient = boto3.client(\"bedrock-runtime\", region_name=\"eu-north-1\")\nresponse = client.converse(\n    modelId=\"global.anthropic.claude-sonnet-4-6\",\n    messages=[{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}],\n)\nfor block in response[\"output\"][\"message\"][\"content\"]:\n    print(block.get(\"text\", \"\"))\n"
      }
    }
    "##);
}

#[tokio::test]
async fn aws_credentials_requires_an_administrator() {
    let app = App::with(with_aws_keys());
    for (user, status) in [
        (app.user("ada").await, 403),
        (app.admin("grace").await, 200),
        (app.super_admin("joan").await, 200),
    ] {
        let session = user.sign_in().await;
        session.aws_credentials().await.assert_status(status);
    }
    let ada = app.user("ada").await.sign_in().await;
    insta::assert_snapshot!(ada.aws_credentials().await.snapshot_body(), @r#"
    403
    {
      "success": false,
      "message": "Admin access required"
    }
    "#);
    insta::assert_snapshot!(app.anonymous().aws_credentials().await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "No token provided"
    }
    "#);
    insta::assert_snapshot!(app.with_token("not.a.token").aws_credentials().await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "Invalid or expired token"
    }
    "#);
}

#[tokio::test]
async fn aws_credentials_without_keys_returns_404_to_administrators_only() {
    let app = App::shared();
    let ada = app.user("ada").await.sign_in().await;
    ada.aws_credentials().await.assert_status(403);
    let grace = app.admin("grace").await.sign_in().await;
    insta::assert_snapshot!(grace.aws_credentials().await.snapshot_body(), @r#"
    404
    {
      "success": false,
      "message": "AWS credentials are not configured"
    }
    "#);
    // Keys of the partition of China cannot be used for Bedrock.
    let app = App::with(with_aws_keys().set("AWS_REGION", "cn-north-1"));
    let grace = app.admin("grace").await.sign_in().await;
    grace.aws_credentials().await.assert_status(404);
}

#[tokio::test]
async fn region_of_the_administrator_is_used_if_it_has_bedrock() {
    let app = App::with(with_aws_keys().set("BEDROCK_MODEL_ID", "amazon.nova-lite-v1:0"));
    for (own, host) in [
        ("eu-north-1", "bedrock-runtime.eu-north-1.amazonaws.com"),
        ("us-east-1", "bedrock-runtime.us-east-1.amazonaws.com"),
        (
            "us-gov-west-1",
            "bedrock-runtime.us-gov-west-1.amazonaws.com",
        ),
        (
            "eusc-de-east-1",
            "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
        ),
        ("cn-north-1", "bedrock-runtime.eu-north-1.amazonaws.com"),
        ("eu-moon-1", "bedrock-runtime.eu-north-1.amazonaws.com"),
        (
            "us-east-1.evil.example/'$(id)`id`\n",
            "bedrock-runtime.eu-north-1.amazonaws.com",
        ),
    ] {
        let ada = app
            .new_user("ada")
            .role("admin")
            .aws_region(own)
            .create()
            .await;
        let shown = ada.sign_in().await.aws_credentials().await.credentials();
        let region = host.split('.').nth(1).unwrap();
        assert_eq!(shown["region"], region, "{own:?}");
        let url = format!("https://{host}/model/amazon.nova-lite-v1%3A0/converse");
        assert_eq!(shown["endpoint"], url, "{own:?}");
        for name in ["curlExample", "nodeExample", "pythonExample"] {
            let program = shown[name].as_str().unwrap();
            assert!(
                program.contains(region) && !program.contains("evil"),
                "{program}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn aws_credentials_reads_the_role_from_d1() {
    let app = App::with(with_aws_keys());
    for (change, status) in [("role = 'user'", 403), ("is_active = 0", 401)] {
        let grace = app.admin("grace").await;
        let session = grace.sign_in().await;
        let response = session.aws_credentials().await;
        response.assert_status(200).recorded().await;
        grace.update(change).await;
        // The cached session still has the role; this route does not read it.
        assert_eq!(session.validate().await.user()["role"], "admin");
        session.aws_credentials().await.assert_status(status);
    }
}

#[tokio::test]
async fn aws_credentials_with_a_rotated_out_token_or_a_revoked_session_returns_401() {
    let app = App::with(with_aws_keys());
    let grace = app.admin("grace").await;
    let first = grace.sign_in().await;
    let second = first.refreshed().await;
    app.shift_clock(60).await;
    first.aws_credentials().await.assert_status(401);
    second.aws_credentials().await.assert_status(200);
    second.logout().await.assert_status(200);
    second.aws_credentials().await.assert_status(401);
}

#[tokio::test]
async fn aws_credentials_reads_d1_and_not_kv() {
    let app = App::with(with_aws_keys());
    let grace = app.admin("grace").await.sign_in().await;
    app.fault(Fault::kv().fails()).await;
    let response = grace.aws_credentials().await;
    let recorded = response.assert_status(200).recorded().await;
    let kv_calls = recorded.kv_reads() + recorded.kv_writes();
    assert_eq!(kv_calls, 0, "{:?}", recorded.calls);
    app.remove_faults().await;
    app.fault(Fault::d1().fails()).await;
    let response = grace.aws_credentials().await;
    response.assert_status(503);
    assert_eq!(response.retry_after(), Some(2));
    assert!(!response.text().contains("AKIA"), "{}", response.text());
}

#[tokio::test]
async fn head_returns_the_status_of_get_without_a_body() {
    let app = App::with(with_aws_keys());
    let grace = app.admin("grace").await.sign_in().await;
    let ada = app.user("ada").await.sign_in().await;
    for (session, status) in [(&grace, 200), (&ada, 403)] {
        let response = session.request("HEAD", "/api/auth/aws-credentials").await;
        response.assert_status(status);
        assert!(response.body.is_empty());
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn no_five_characters_of_an_aws_secret_are_returned_or_logged() {
    for (vars, secrets) in with_unusual_secrets() {
        let app = App::with(vars);
        let grace = app.admin("grace").await.sign_in().await;
        let shown = grace.aws_credentials().await;
        let credentials = shown.credentials();
        assert_eq!(credentials["secretAccessKey"], masked(&secrets[0], 28));
        app.fault(Fault::d1().fails_with(&secrets.concat())).await;
        let refused = grace.aws_credentials().await;
        refused.assert_status(503).recorded().await;
        assert_hidden(&app, &secrets, &[&shown, &refused]);
    }
}
