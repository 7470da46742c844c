//! `GET /api/auth/aws-credentials`: who may look, what is shown, and what is not.

use crate::sessions::{logout, refreshed, signed_in, validate};
use crate::support::{App, Fault, Reply, Vars};

pub const PATH: &str = "/api/auth/aws-credentials";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYX";

/// A server that has AWS's own example keys.
pub fn keyed() -> Vars {
    Vars::new()
        .set("AWS_REGION", "eu-north-1")
        .set("AWS_ACCESS_KEY_ID", KEY_ID)
        .set("AWS_SECRET_ACCESS_KEY", SECRET)
}

pub async fn page(app: &App, token: &str) -> Reply {
    app.get(PATH).bearer(token).send().await
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::with(keyed());
    let token = signed_in(&app, &app.admin("ada").await).await;
    let reply = page(&app, &token).await;
    insta::assert_snapshot!(reply.snapshot(), @r##"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": true,
      "credentials": {
        "region": "eu-north-1",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": "wJal****************************KEYX",
        "endpoint": "https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse",
        "authMethod": "AWS Signature Version 4",
        "curlExample": "curl -X POST 'https://bedrock-runtime.eu-north-1.amazonaws.com/model/global.anthropic.claude-sonnet-4-6/converse' \\\n  --fail-with-body --silent --show-error \\\n  --aws-sigv4 'aws:amz:eu-north-1:bedrock' \\\n  --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}]}'\n",
        "nodeExample": "// Node.js 22 or later: npm install @aws-sdk/client-bedrock-runtime\n// Save as example.mjs, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run: node example.mjs\nimport { BedrockRuntimeClient, ConverseCommand } from \"@aws-sdk/client-bedrock-runtime\";\n\nconst client = new BedrockRuntimeClient({ region: \"eu-north-1\" });\nconst reply = await client.send(\n  new ConverseCommand({\n    modelId: \"global.anthropic.claude-sonnet-4-6\",\n    messages: [{ role: \"user\", content: [{ text: \"Write one sentence about the sea.\" }] }],\n  }),\n);\nfor (const { text } of reply.output.message.content) {\n  if (text) console.log(text);\n}\n",
        "pythonExample": "# Python 3.10 or later: pip install boto3\n# Save as example.py, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run: python3 example.py\nimport boto3\n\nclient = boto3.client(\"bedrock-runtime\", region_name=\"eu-north-1\")\nreply = client.converse(\n    modelId=\"global.anthropic.claude-sonnet-4-6\",\n    messages=[{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}],\n)\nfor block in reply[\"output\"][\"message\"][\"content\"]:\n    print(block.get(\"text\", \"\"))\n"
      }
    }
    "##);
}

#[tokio::test]
async fn temporary_keys_change_the_examples() {
    let app = App::with(keyed().set("AWS_SESSION_TOKEN", "a-token-of-the-tests"));
    let token = signed_in(&app, &app.admin("ada").await).await;
    let reply = page(&app, &token).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r##"
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
        "nodeExample": "// Node.js 22 or later: npm install @aws-sdk/client-bedrock-runtime\n// Save as example.mjs, set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, run: node example.mjs\nimport { BedrockRuntimeClient, ConverseCommand } from \"@aws-sdk/client-bedrock-runtime\";\n\nconst client = new BedrockRuntimeClient({ region: \"eu-north-1\" });\nconst reply = await client.send(\n  new ConverseCommand({\n    modelId: \"global.anthropic.claude-sonnet-4-6\",\n    messages: [{ role: \"user\", content: [{ text: \"Write one sentence about the sea.\" }] }],\n  }),\n);\nfor (const { text } of reply.output.message.content) {\n  if (text) console.log(text);\n}\n",
        "pythonExample": "# Python 3.10 or later: pip install boto3\n# Save as example.py, set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, run: python3 example.py\nimport boto3\n\nclient = boto3.client(\"bedrock-runtime\", region_name=\"eu-north-1\")\nreply = client.converse(\n    modelId=\"global.anthropic.claude-sonnet-4-6\",\n    messages=[{\"role\": \"user\", \"content\": [{\"text\": \"Write one sentence about the sea.\"}]}],\n)\nfor block in reply[\"output\"][\"message\"][\"content\"]:\n    print(block.get(\"text\", \"\"))\n"
      }
    }
    "##);
}

#[tokio::test]
async fn administrators_only() {
    let app = App::with(keyed());
    for (person, status) in [
        (app.password_user("ada").await, 403),
        (app.admin("grace").await, 200),
        (app.super_admin("joan").await, 200),
    ] {
        let token = signed_in(&app, &person).await;
        page(&app, &token).await.assert_status(status);
    }
    let ada = signed_in(&app, &app.password_user("ada").await).await;
    insta::assert_snapshot!(page(&app, &ada).await.snapshot_body(), @r#"
    403
    {
      "success": false,
      "message": "Admin access required"
    }
    "#);
    insta::assert_snapshot!(app.get(PATH).send().await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "No token provided"
    }
    "#);
    insta::assert_snapshot!(page(&app, "not.a.token").await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "Invalid or expired token"
    }
    "#);
}

#[tokio::test]
async fn without_keys_administrators_are_told_so_and_others_nothing() {
    let app = App::shared();
    let ada = signed_in(&app, &app.password_user("ada").await).await;
    page(&app, &ada).await.assert_status(403);
    let grace = signed_in(&app, &app.admin("grace").await).await;
    insta::assert_snapshot!(page(&app, &grace).await.snapshot_body(), @r#"
    404
    {
      "success": false,
      "message": "AWS credentials are not configured"
    }
    "#);
    // Keys of China's partition are none for Bedrock.
    let app = App::with(keyed().set("AWS_REGION", "cn-north-1"));
    let grace = signed_in(&app, &app.admin("grace").await).await;
    page(&app, &grace).await.assert_status(404);
}

#[tokio::test]
async fn the_region_is_the_administrators_own_where_bedrock_runs() {
    let app = App::with(keyed().set("BEDROCK_MODEL_ID", "amazon.nova-lite-v1:0"));
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
            .person("ada")
            .role("admin")
            .aws_region(own)
            .create()
            .await;
        let shown = page(&app, &signed_in(&app, &ada).await).await.json()["credentials"].clone();
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
async fn who_is_no_administrator_any_more_is_refused_at_the_next_call() {
    let app = App::with(keyed());
    for (change, status) in [("role = 'user'", 403), ("is_active = 0", 401)] {
        let grace = app.admin("grace").await;
        let token = signed_in(&app, &grace).await;
        page(&app, &token).await.assert_status(200).seen().await;
        let sql = format!("UPDATE users SET {change} WHERE id = ?1");
        app.sql(&sql, [grace.id]).await;
        // The copy at the edge still believes in her; this page does not ask it.
        assert_eq!(validate(&app, &token).await.json()["user"]["role"], "admin");
        page(&app, &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn an_ended_session_and_a_superseded_token_open_nothing() {
    let app = App::with(keyed());
    let grace = app.admin("grace").await;
    let first = signed_in(&app, &grace).await;
    let second = refreshed(&app, &first).await;
    app.shift_clock(60).await;
    page(&app, &first).await.assert_status(401);
    page(&app, &second).await.assert_status(200);
    logout(&app, &second).await.assert_status(200);
    page(&app, &second).await.assert_status(401);
}

#[tokio::test]
async fn the_record_alone_is_asked() {
    let app = App::with(keyed());
    let grace = signed_in(&app, &app.admin("grace").await).await;
    app.fault(Fault::kv().fails()).await;
    let reply = page(&app, &grace).await;
    let seen = reply.assert_status(200).seen().await;
    assert_eq!(seen.kv("get") + seen.kv("put"), 0, "{:?}", seen.calls);
    app.mend_all().await;
    app.fault(Fault::d1().fails()).await;
    let reply = page(&app, &grace).await;
    reply.assert_status(503);
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert!(!reply.text().contains("AKIA"), "{}", reply.text());
}

#[tokio::test]
async fn head_is_get_without_the_page() {
    let app = App::with(keyed());
    let grace = signed_in(&app, &app.admin("grace").await).await;
    let ada = signed_in(&app, &app.password_user("ada").await).await;
    for (token, status) in [(&grace, 200), (&ada, 403)] {
        let reply = app.request("HEAD", PATH).bearer(token).send().await;
        reply.assert_status(status);
        assert!(reply.body.is_empty());
    }
}

/// Servers whose three secrets are of odd lengths, in letters of which no page has five in a row: variables and secrets.
pub fn secretive() -> Vec<(Vars, [String; 3])> {
    const NAMES: [&str; 3] = [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "NVIDIA_API_KEY",
    ];
    let secret = |length: usize| -> String {
        let letters = "ZQ7xV9kJ3wY8vK2zXq5jW4Zy6QxK9Vj".chars().cycle();
        letters.skip(length % 31).step_by(7).take(length).collect()
    };
    [[1, 5, 23], [24, 200, 5], [40, 24, 200], [23, 1, 40]]
        .map(|lengths| {
            let secrets = lengths.map(secret);
            let vars = NAMES
                .iter()
                .zip(&secrets)
                .fold(keyed(), |vars, (name, secret)| vars.set(name, secret));
            (vars, secrets)
        })
        .into()
}

/// What a page shows of a secret, with so many stars in the middle.
pub fn masked(secret: &str, stars: usize) -> String {
    if secret.len() < 24 {
        return "*".repeat(stars + 8);
    }
    let (first, last) = (&secret[..4], &secret[secret.len() - 4..]);
    format!("{first}{}{last}", "*".repeat(stars))
}

/// Fails the test if five characters in a row of a secret are in what came out, or in the log.
pub fn assert_hidden(app: &App, secrets: &[String], replies: &[&Reply]) {
    let mut out: Vec<String> = replies.iter().map(|reply| reply.text()).collect();
    out.extend(app.server().logs().into_iter().map(|(_, line)| line));
    assert!(out.len() > replies.len(), "nothing was logged");
    for secret in secrets {
        for five in secret.as_bytes().windows(5) {
            let five = std::str::from_utf8(five).unwrap();
            for text in &out {
                assert!(!text.contains(five), "{five} in {text}");
            }
        }
    }
}

#[tokio::test]
async fn no_five_characters_of_a_secret_come_out() {
    for (vars, secrets) in secretive() {
        let app = App::with(vars);
        let grace = signed_in(&app, &app.admin("grace").await).await;
        let shown = page(&app, &grace).await;
        let credentials = shown.assert_status(200).json()["credentials"].clone();
        assert_eq!(credentials["secretAccessKey"], masked(&secrets[0], 28));
        app.fault(Fault::d1().fails_with(&secrets.concat())).await;
        let refused = page(&app, &grace).await;
        refused.assert_status(503).seen().await;
        assert_hidden(&app, &secrets, &[&shown, &refused]);
    }
}
