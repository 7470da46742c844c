//! `GET /api/auth/nvidia-credentials`: who may look, what is shown, and what is not.

use crate::aws_credentials::{assert_hidden, masked, secretive};
use crate::sessions::{signed_in, validate};
use crate::support::{App, Fault, Reply, Vars};

pub const PATH: &str = "/api/auth/nvidia-credentials";

/// A server that has this key.
pub fn keyed(key: &str) -> Vars {
    Vars::new().set("NVIDIA_API_KEY", key)
}

fn example() -> Vars {
    keyed("nvapi-0123456789abcdef0123456789abcdefxxxx")
}

pub async fn page(app: &App, token: &str) -> Reply {
    app.get(PATH).bearer(token).send().await
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::with(example());
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
        "apiKey": "nvap************************************xxxx",
        "baseUrl": "https://integrate.api.nvidia.com",
        "endpoint": "https://integrate.api.nvidia.com/v1/chat/completions",
        "curlExample": "curl -X POST 'https://integrate.api.nvidia.com/v1/chat/completions' \\\n  --fail-with-body --silent --show-error \\\n  --oauth2-bearer \"$NVIDIA_API_KEY\" \\\n  -H 'content-type: application/json' \\\n  -d '{\"model\": \"nvidia/nemotron-3-super-120b-a12b\", \"messages\": [{\"role\": \"user\", \"content\": \"Write one sentence about the sea.\"}]}'\n",
        "nodeExample": "// Node.js 22 or later: npm install openai\n// Save as example.mjs, set NVIDIA_API_KEY, run: node example.mjs\nimport OpenAI from \"openai\";\n\nconst apiKey = process.env.NVIDIA_API_KEY;\nif (!apiKey) throw new Error(\"NVIDIA_API_KEY is not set\");\n// What the package finds here of OpenAI it would send to NVIDIA.\nfor (const name in process.env) if (name.startsWith(\"OPENAI_\")) delete process.env[name];\nconst client = new OpenAI({ apiKey, baseURL: \"https://integrate.api.nvidia.com/v1\" });\nconst completion = await client.chat.completions.create({\n  model: \"nvidia/nemotron-3-super-120b-a12b\",\n  messages: [{ role: \"user\", content: \"Write one sentence about the sea.\" }],\n});\nconsole.log(completion.choices[0].message.content);\n",
        "pythonExample": "# Python 3.10 or later: pip install openai\n# Save as example.py, set NVIDIA_API_KEY, run: python3 example.py\nimport os\n\nfrom openai import OpenAI\n\n# What the package finds here of OpenAI it would send to NVIDIA.\nfor name in [name for name in os.environ if name.startswith(\"OPENAI_\")]:\n    del os.environ[name]\nclient = OpenAI(api_key=os.environ[\"NVIDIA_API_KEY\"], base_url=\"https://integrate.api.nvidia.com/v1\")\ncompletion = client.chat.completions.create(\n    model=\"nvidia/nemotron-3-super-120b-a12b\",\n    messages=[{\"role\": \"user\", \"content\": \"Write one sentence about the sea.\"}],\n)\nprint(completion.choices[0].message.content)\n"
      }
    }
    "##);
}

#[tokio::test]
async fn administrators_only() {
    let app = App::with(example());
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
async fn without_a_key_administrators_are_told_so_and_others_nothing() {
    let app = App::shared();
    let ada = signed_in(&app, &app.password_user("ada").await).await;
    page(&app, &ada).await.assert_status(403);
    let grace = signed_in(&app, &app.admin("grace").await).await;
    insta::assert_snapshot!(page(&app, &grace).await.snapshot_body(), @r#"
    404
    {
      "success": false,
      "message": "NVIDIA credentials are not configured"
    }
    "#);
}

#[tokio::test]
async fn who_is_no_administrator_any_more_is_refused_at_the_next_call() {
    let app = App::with(example());
    for (change, status) in [("role = 'user'", 403), ("is_active = 0", 401)] {
        let grace = app.super_admin("grace").await;
        let token = signed_in(&app, &grace).await;
        page(&app, &token).await.assert_status(200).seen().await;
        let sql = format!("UPDATE users SET {change} WHERE id = ?1");
        app.sql(&sql, [grace.id]).await;
        // The copy at the edge still believes in her; this page does not ask it.
        assert_eq!(
            validate(&app, &token).await.json()["user"]["role"],
            "super_admin"
        );
        page(&app, &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn the_record_alone_is_asked() {
    let app = App::with(example());
    let grace = signed_in(&app, &app.admin("grace").await).await;
    app.fault(Fault::kv().fails()).await;
    let seen = page(&app, &grace).await.assert_status(200).seen().await;
    assert_eq!(seen.kv("get") + seen.kv("put"), 0, "{:?}", seen.calls);
    app.mend_all().await;
    app.fault(Fault::d1().fails()).await;
    let reply = page(&app, &grace).await;
    reply.assert_status(503);
    assert!(!reply.text().contains("nvap"), "{}", reply.text());
}

#[tokio::test]
async fn no_five_characters_of_a_key_come_out() {
    for (vars, secrets) in secretive() {
        let app = App::with(vars);
        let grace = signed_in(&app, &app.admin("grace").await).await;
        let shown = page(&app, &grace).await;
        let credentials = shown.assert_status(200).json()["credentials"].clone();
        assert_eq!(credentials["apiKey"], masked(&secrets[2], 36));
        app.fault(Fault::d1().fails_with(&secrets.concat())).await;
        let refused = page(&app, &grace).await;
        refused.assert_status(503).seen().await;
        assert_hidden(&app, &secrets, &[&shown, &refused]);
    }
}
