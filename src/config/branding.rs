//! The configuration of the pages' appearance. No value is code, and none leads to another site without the user's click.

use super::variable::{Default, Reader, Variable};
use crate::domain::host;

/// The appearance of the pages.
#[derive(Debug)]
pub struct BrandingConfig {
    /// `BRAND_NAME`.
    pub name: String,
    /// `BRAND_LOGO`.
    pub logo: Option<String>,
    /// `BRAND_ACCENT_COLOR`, in lower case.
    pub accent_color: Option<String>,
    /// `SUPPORT_URL`.
    pub support_url: Option<String>,
}

/// Maximum number of characters of `BRAND_NAME`: it is a heading on screens of 320 pixels.
const MAX_NAME_CHARACTERS: usize = 60;
/// Maximum number of bytes of `BRAND_LOGO` and `SUPPORT_URL`.
const MAX_URL_BYTES: usize = 500;

const BRAND_NAME: Variable = Variable::new(
    "BRAND_NAME",
    Default::Text("Edge Auth"),
    "1 to 60 characters without control characters",
    "name of the service on its pages, 1 to 60 characters",
);
const BRAND_LOGO: Variable = Variable::new(
    "BRAND_LOGO",
    Default::None,
    "the path of an asset of the service, such as /brand/logo.svg: letters, digits, '-', '_', '.' and single slashes",
    "path of the logo on the pages, an asset of the service such as `/brand/logo.svg`",
);
const BRAND_ACCENT_COLOR: Variable = Variable::new(
    "BRAND_ACCENT_COLOR",
    Default::None,
    "a colour of the form #rrggbb",
    "colour of buttons and links on the pages, of the form `#rrggbb`",
);
const SUPPORT_URL: Variable = Variable::new(
    "SUPPORT_URL",
    Default::None,
    "an https URL without user name, up to 500 ASCII characters",
    "https URL of the support link on the pages",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] =
    &[&BRAND_NAME, &BRAND_LOGO, &BRAND_ACCENT_COLOR, &SUPPORT_URL];

impl BrandingConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            name: read.or_default(&BRAND_NAME, name),
            logo: read.optional(&BRAND_LOGO, asset),
            accent_color: read.optional(&BRAND_ACCENT_COLOR, color),
            support_url: read.optional(&SUPPORT_URL, https_url),
        }
    }
}

fn name(text: &str) -> Option<String> {
    let length = text.chars().count();
    let is_name = length <= MAX_NAME_CHARACTERS && !text.contains(char::is_control);
    (is_name && !text.trim().is_empty()).then(|| text.to_owned())
}

fn asset(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let mut segments = text.strip_prefix('/')?.split('/');
    let is_asset = segments.all(|segment| !segment.is_empty() && !segment.starts_with('.'));
    (is_asset && text.len() <= MAX_URL_BYTES && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let is_color = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_color.then(|| text.to_ascii_lowercase())
}

/// An https URL with a host name.
pub(super) fn https_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = host::split_port(authority)?;
    let is_url = host::is_host(host)
        && port.is_none_or(host::is_port)
        && text.len() <= MAX_URL_BYTES
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte));
    is_url.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_a_short_line() {
        for text in ["Edge Auth", "B\u{fc}cher & Co.", &"x".repeat(60)] {
            assert_eq!(name(text).as_deref(), Some(text));
        }
        for text in ["", " ", "a\nb", "\u{7f}", &"x".repeat(61)] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn logo_is_a_path_of_this_service() {
        for text in ["/logo.svg", "/brand/a-b_c.1.png"] {
            assert_eq!(asset(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "/",
            "logo.svg",
            "//evil.example/logo.svg",
            "/a//b",
            "/a/../b",
            "/.hidden",
            "/a\\b",
            "/a?b",
            "/a%2fb",
            "https://evil.example/logo.svg",
            "data:image/png;base64,AA",
        ] {
            assert_eq!(asset(text), None, "{text}");
        }
    }

    #[test]
    fn accent_color_has_six_digits() {
        assert_eq!(color("#0A5bFf").as_deref(), Some("#0a5bff"));
        for text in [
            "",
            "0a5bff",
            "#fff",
            "#0a5bff00",
            "red",
            "#0a5bfg",
            "#0a5bff;x:y",
        ] {
            assert_eq!(color(text), None, "{text}");
        }
    }

    #[test]
    fn support_link_is_an_https_url() {
        for text in [
            "https://support.example.com",
            "https://support.example.com:8443/help?topic=sign-in#top",
        ] {
            assert_eq!(https_url(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "http://support.example.com",
            "javascript:alert(1)",
            "https://",
            "https://user@support.example.com",
            "https://Support.example.com",
            "https://support.example.com/a b",
            "https://support.example.com/\"x",
            "https://support.example.com:0/",
        ] {
            assert_eq!(https_url(text), None, "{text}");
        }
    }
}
