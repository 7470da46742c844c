//! `GET /api/auth/nvidia-credentials`: the service's NVIDIA API key, masked, with example programs.

use crate::support::credentials::{assert_hidden, masked, with_nvidia_key, with_unusual_secrets};
use crate::support::{App, Fault, Vars};

/// A server with a key.
fn with_key() -> Vars {
    with_nvidia_key("nvapi-0123456789abcdef0123456789abcdefxxxx")
}

#[tokio::test]
async fn nvidia_credentials_returns_the_documented_body() {
    let app = App::with(with_key());
    let session = app.admin("ada").await.sign_in().await;
    let response = session.nvidia_credentials().await;
    insta::assert_snapshot!(response.snapshot(), @r##"
    200
    {
      "success": true,
      "credentials": {
        "apiKey": "nvap************************************xxxx",
        "baseUrl": "https://integrate.api.nvidia.com",
        "endpoint": "https://integrate.api.nvidia.com/v1/chat/completions",
        "curlExample": "curl -X POST 'https://integrate.api.nvidia.com/v1/chat/completions' \\\n  --fail-with-body --silent --show-error \\\n  --oauth2-bearer \"$NVIDIA_API_KEY\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"model\": \"nvidia/nemotron-3-super-120b-a12b\", \"messages\": [{\"role\": \"user\", \"content\": \"Write one sentence about the sea.\"}]}'\n",
        "nodeExample": "// Node.js 22 or later: npm install openai\n// Save as example.mjs, set NVIDIA_API_KEY, run: node example.mjs\nimport OpenAI from \"openai\";\n\nconst apiKey = process.env.NVIDIA_API_KEY;\nif (!apiKey) throw new Error(\"NVIDIA_API_KEY is not set\");\n// The package would send the values of these OpenAI variables to NVIDIA.\nfor (const name in process.env) if (name.startsWith(\"OPENAI_\")) delete process.env[name];\nconst client = new OpenAI({ apiKey, baseURL: \"https://integrate.api.nvidia.com/v1\" });\nconst completion = await client.chat.completions.create({\n  model: \"nvidia/nemotron-3-super-120b-a12b\",\n  messages: [{ role: \"user\", content: \"Write one sentence about the sea.\" }],\n});\nconsole.log(completion.choices[0].message.content);\n",
        "pythonExample": "# Python 3.10 or later: pip install openai\n# Save as example.py, set NVIDIA_API_KEY, run: python3 example.py\nimport os\n\nfrom openai import OpenAI\n\n# The package would send the values of these OpenAI variables to NVIDIA.\nfor name in [name for name in os.environ if name.startswith(\"OPENAI_\")]:\n    del os.environ[name]\nclient = OpenAI(api_key=os.environ[\"NVIDIA_API_KEY\"], base_url=\"https://integrate.api.nvidia.com/v1\")\ncompletion = client.chat.completions.create(\n    model=\"nvidia/nemotron-3-super-120b-a12b\",\n    messages=[{\"role\": \"user\", \"content\": \"Write one sentence about the sea.\"}],\n)\nprint(completion.choices[0].message.content)\n"
      }
    }
    "##);
}

#[tokio::test]
async fn nvidia_credentials_requires_an_administrator() {
    let app = App::with(with_key());
    for (user, status) in [
        (app.user("ada").await, 403),
        (app.admin("grace").await, 200),
        (app.super_admin("joan").await, 200),
    ] {
        let session = user.sign_in().await;
        session.nvidia_credentials().await.assert_status(status);
    }
    let ada = app.user("ada").await.sign_in().await;
    insta::assert_snapshot!(ada.nvidia_credentials().await.snapshot_body(), @r#"
    403
    {
      "success": false,
      "message": "Admin access required"
    }
    "#);
    insta::assert_snapshot!(app.anonymous().nvidia_credentials().await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "No token provided"
    }
    "#);
    insta::assert_snapshot!(app.with_token("not.a.token").nvidia_credentials().await.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "Invalid or expired token"
    }
    "#);
}

#[tokio::test]
async fn nvidia_credentials_without_a_key_returns_404_to_administrators_only() {
    let app = App::shared();
    let ada = app.user("ada").await.sign_in().await;
    ada.nvidia_credentials().await.assert_status(403);
    let grace = app.admin("grace").await.sign_in().await;
    insta::assert_snapshot!(grace.nvidia_credentials().await.snapshot_body(), @r#"
    404
    {
      "success": false,
      "message": "NVIDIA credentials are not configured"
    }
    "#);
}

#[tokio::test]
async fn nvidia_credentials_reads_the_role_from_d1() {
    let app = App::with(with_key());
    for (change, status) in [("role = 'user'", 403), ("is_active = 0", 401)] {
        let grace = app.super_admin("grace").await;
        let session = grace.sign_in().await;
        let response = session.nvidia_credentials().await;
        response.assert_status(200).recorded().await;
        grace.update(change).await;
        // The cached session still has the role; this route does not read it.
        assert_eq!(session.validate().await.user()["role"], "super_admin");
        session.nvidia_credentials().await.assert_status(status);
    }
}

#[tokio::test]
async fn nvidia_credentials_reads_d1_and_not_kv() {
    let app = App::with(with_key());
    let grace = app.admin("grace").await.sign_in().await;
    app.fault(Fault::kv().fails()).await;
    let recorded = grace
        .nvidia_credentials()
        .await
        .assert_status(200)
        .recorded()
        .await;
    let kv_calls = recorded.kv_reads() + recorded.kv_writes();
    assert_eq!(kv_calls, 0, "{:?}", recorded.calls);
    app.remove_faults().await;
    app.fault(Fault::d1().fails()).await;
    let response = grace.nvidia_credentials().await;
    response.assert_status(503);
    assert!(!response.text().contains("nvap"), "{}", response.text());
}

#[tokio::test]
#[ignore = "slow"]
async fn no_five_characters_of_an_nvidia_key_are_returned_or_logged() {
    for (vars, secrets) in with_unusual_secrets() {
        let app = App::with(vars);
        let grace = app.admin("grace").await.sign_in().await;
        let shown = grace.nvidia_credentials().await;
        let credentials = shown.credentials();
        assert_eq!(credentials["apiKey"], masked(&secrets[2], 36));
        app.fault(Fault::d1().fails_with(&secrets.concat())).await;
        let refused = grace.nvidia_credentials().await;
        refused.assert_status(503).recorded().await;
        assert_hidden(&app, &secrets, &[&shown, &refused]);
    }
}
