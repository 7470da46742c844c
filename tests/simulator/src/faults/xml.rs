//! Responses of STS that exploit an XML parser.

use super::UPSTREAM_MARKER;

fn response(value: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{value}</Arn><UserId>{value}</UserId><Account>111122223333</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    )
}

/// Ten levels of entities that each expand to ten of the level below.
pub(super) fn bomb() -> String {
    let mut xml =
        format!("<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"{UPSTREAM_MARKER}\">");
    for level in 1..=10 {
        let inner = format!("&lol{};", level - 1).repeat(10);
        xml = format!("{xml}<!ENTITY lol{level} \"{inner}\">");
    }
    xml + "]>" + &response("&lol10;")
}

/// A parser that resolves the entity sends a request to this URL.
pub(super) fn external_entity(url: &str) -> String {
    let url = url.replace('&', "&amp;");
    format!("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"{url}\">]>") + &response("&x;")
}
