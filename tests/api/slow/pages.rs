//! The pages in Chromium: accessibility, and attacks with many spellings and texts.

use crate::browser::world::World;
use crate::support::{Vars, aws, credentials};
use serde_json::json;

/// Texts that would run or change the page if they were read as markup, and texts that are hard to show.
const HOSTILE: [&str; 8] = [
    "<img src=x onerror=hacked=1>",
    "\"><script>window.hacked=1</script>",
    "'-alert(1)-'",
    "javascript:hacked=1",
    "{{hacked=1}}${hacked=1}",
    "</title></textarea></style><svg/onload=hacked=1>",
    "Supercalifragilisticexpialidocious-Supercalifragilisticexpialidocious-Supercalifragilistic",
    "\u{202e}desrever & <b>bold</b>",
];

/// With an accent colour that cannot be read on the background of the colour scheme.
async fn check_accessibility(color_scheme: &str, accent: &str) {
    let vars = aws::portal(&aws::SIMULATOR)
        .set("JWT_ISSUER", "http://localhost:{PORT}")
        .set("EMAIL_FROM", "Edge Auth <no-reply@auth.example.com>")
        .set("BRAND_ACCENT_COLOR", accent)
        .set("BRAND_LOGO", "/brand/icon.svg")
        .set("SUPPORT_URL", "https://support.example.com/");
    let mut world = World::new(vars).await;
    for name in ["ada", "bea"] {
        world.user(name).await;
    }
    world.more = json!({ "colorScheme": color_scheme });
    world.run("pages/accessibility").await;
}

#[tokio::test]
#[ignore = "slow: checks each page in two forms"]
async fn light_pages_are_accessible() {
    check_accessibility("light", "#ffe14d").await;
}

#[tokio::test]
#[ignore = "slow: checks each page in two forms"]
async fn dark_pages_are_accessible() {
    check_accessibility("dark", "#1a1a40").await;
}

#[tokio::test]
#[ignore = "slow: 170 addresses"]
async fn no_spelling_of_an_address_leads_to_another_site() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    let spellings = include_str!("../../../src/domain/return_target/refused.txt").lines();
    let spellings: Vec<_> = spellings
        .map(|spelling| spelling.replace("\\t", "\t").replace("\\n", "\n"))
        .collect();
    world.more = json!({ "spellings": spellings });
    world.run("pages/open_redirects").await;
}

#[tokio::test]
#[ignore = "slow: shows each of 8 texts on each page"]
async fn hostile_texts_are_shown_as_texts() {
    let mut world = World::new(Vars::new().set("BRAND_NAME", HOSTILE[0])).await;
    world.user("ada").await;
    world.more = json!({ "hostile": HOSTILE });
    world.run("pages/hostile_texts").await;
}

#[tokio::test]
#[ignore = "slow: each route from two origins in a dozen ways"]
async fn requests_of_other_sites_have_no_effect() {
    let vars = credentials::with_aws_keys()
        .set("NVIDIA_API_KEY", "nvapi-abcdefghijklmnopqrstuvwxyz")
        .set("EMAIL_FROM", "Edge Auth <no-reply@auth.example.com>");
    let mut world = World::new(vars).await;
    let victim = world.user("victim").await;
    victim.update("role = 'super_admin'").await;
    world.user("attacker").await;
    let client = world.app.seed_oauth_client("App").await;
    let grant = world.app.seed_grant(&victim.id, &client).await;
    world.more = json!({ "grant": grant });
    world.run("pages/cross_site").await;
}

#[tokio::test]
#[ignore = "slow: each page in each kind of frame"]
async fn pages_cannot_be_framed() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.run("pages/clickjacking").await;
}
