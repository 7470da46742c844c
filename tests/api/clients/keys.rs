//! The keys of OAuth clients that authenticate with `private_key_jwt`.

use crate::support::App;
use serde_json::{Value, json};

/// RFC 7515 appendix A.3.1, without the private member.
fn ec() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    })
}

/// RFC 8037 appendix A.2.
fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn client(keys: &[Value]) -> Value {
    json!({
        "client_name": "Service", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "scope": "users:read", "jwks": { "keys": keys }
    })
}

#[tokio::test]
async fn public_keys_are_registered_shown_and_replaced() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&client(&[ec()])).await;
    assert_eq!(created.json()["client_secret"], Value::Null);
    let (id, shown) = (created.client_id(), created.client()["jwks"].clone());
    let key = &shown["keys"][0];
    for (name, value) in ec().as_object().expect("an object") {
        assert_eq!(&key[name], value);
    }
    assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
    assert_eq!(created.client()["kind"], "confidential");
    // What is shown can be sent again.
    let same = admin.update_client(&id, &json!({ "jwks": shown })).await;
    assert_eq!(same.client(), created.client());
    let mut both = vec![ec(), ed25519()];
    both[0]["kid"] = json!("2024-01");
    let jwks = json!({ "jwks": { "keys": both } });
    let changed = admin.update_client(&id, &jwks).await.client();
    assert_eq!(changed["jwks"]["keys"][0]["kid"], "2024-01");
    // RFC 8037 appendix A.3.
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(changed["jwks"]["keys"][1]["kid"], thumbprint);
    assert_eq!(admin.get_client(&id).await.client(), changed);
    let entry = ("client_changed".to_owned(), "jwks".to_owned());
    assert_eq!(app.client_entries(&id).await[1..], [entry]);
    let secret = admin.new_client_secret(&id, "*").await;
    secret.assert_error(409, "client_has_no_secret");
}

#[tokio::test]
async fn private_unusable_or_too_many_keys_are_refused_and_not_stored() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = admin.create_client(&client(&[ed25519()])).await.client_id();
    let with = |mut key: Value, name: &str, value: Value| {
        key[name] = value;
        key
    };
    let six: Vec<Value> = (0..6)
        .map(|number| with(ed25519(), "kid", json!(number.to_string())))
        .collect();
    let canary = "a-private-member-that-is-stored-nowhere";
    for keys in [
        vec![],
        six,
        vec![ec(), ec()],
        vec![with(ec(), "d", json!(canary))],
        vec![ed25519(), with(ec(), "d", json!({ "x": canary }))],
        vec![json!({ "kty": "oct", "k": canary })],
        vec![with(ed25519(), "alg", json!("none"))],
        vec![with(ed25519(), "kid", json!("a b"))],
        // A point that is not on the curve: only the platform can tell.
        vec![with(
            ec(),
            "y",
            json!("y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
        )],
    ] {
        let create = admin.create_client(&client(&keys)).await;
        create.assert_error(400, "invalid_jwks");
        let changes = json!({ "jwks": { "keys": keys } });
        let update = admin.update_client(&id, &changes).await;
        update.assert_error(400, "invalid_jwks");
    }
    let row = app.oauth_client_row(&id, "jwks, version").await;
    assert_eq!(row["version"], 1);
    assert!(!row.to_string().contains(canary));
    for jwks in [
        json!([]),
        json!("x"),
        json!({}),
        json!({ "keys": null }),
        json!({ "keys": [1] }),
    ] {
        let mut body = client(&[]);
        body["jwks"] = jwks;
        let create = admin.create_client(&body).await;
        let code = create.error_code().expect("a code").to_owned();
        assert!(
            ["invalid_field", "missing_field"].contains(&code.as_str()),
            "{body}: {code}"
        );
    }
}
