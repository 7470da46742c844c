//! `GET /api/auth/sign-in-options`: the ways to sign in, and the appearance of the pages.

use crate::support::App;

#[tokio::test]
async fn options_have_defaults() {
    let app = App::shared();
    insta::assert_snapshot!(app.anonymous().sign_in_options().await.snapshot(), @r#"
    200
    {
      "methods": [
        "password"
      ],
      "email": false,
      "branding": {
        "name": "Edge Auth",
        "logo": null,
        "accent_color": null,
        "support_url": null
      }
    }
    "#);
}
