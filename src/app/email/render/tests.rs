//! Tests of rendered messages. The HTML is parsed by html5ever.

use super::*;
use crate::app::email::message::Restore;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use scraper::{Html, Selector};

const SERVICE: Service<'_> = Service {
    name: "Acme & Söhne",
    origin: "https://auth.example.com",
};

const LINK: &str = "https://auth.example.com/page#c2VjcmV0-_c2VjcmV0";

fn messages() -> Vec<Message> {
    let link = || Secret::new(LINK);
    let at = Timestamp::from_seconds(1_769_860_800);
    vec![
        Message::SetPassword { link: link() },
        Message::SetUpAccount { link: link() },
        Message::ConfirmAddress { link: link() },
        Message::AddressTaken,
        Message::AddressChanged {
            restore: Some(Restore {
                link: link(),
                until: at.plus(7 * 86_400),
            }),
            at,
        },
        Message::AddressChanged { restore: None, at },
        Message::AddressRestored { link: link() },
        Message::AddressReplaced,
        Message::NewDevice {
            device: Some("Mozilla/5.0 <img src=x onerror=alert(1)>".into()),
            address: None,
            at,
        },
        Message::PasswordChanged { at },
        Message::PasswordSet { at },
        Message::AccountLocked,
    ]
}

const LANGUAGES: [Language; 2] = [Language::English, Language::German];

const HOSTILE: &str = "</p><script>alert(1)</script>\"'><a href=\"https://evil.example\">&amp;\r\nBcc: x@evil.example\u{202e}";

fn all(html: &Html, selector: &str) -> usize {
    html.select(&Selector::parse(selector).unwrap()).count()
}

fn links(html: &Html) -> Vec<String> {
    html.select(&Selector::parse("a").unwrap())
        .map(|link| link.attr("href").unwrap().to_owned())
        .collect()
}

#[test]
fn html_contains_nothing_but_text_and_the_links_of_the_message() {
    for language in LANGUAGES {
        for message in messages() {
            let rendered = render(&message, language, &SERVICE, HOSTILE);
            let html = Html::parse_document(&rendered.html);
            assert_eq!(html.errors, [""; 0], "{}", rendered.html);
            for link in links(&html) {
                let forgot = "https://auth.example.com/forgot-password";
                assert!(link == LINK || link == forgot, "{link}");
            }
            let others = "script, img, link, style, iframe, form, object, video, base";
            assert_eq!(all(&html, others), 0, "{}", rendered.html);
            let event = html.select(&Selector::parse("*").unwrap()).any(|element| {
                let mut names = element.value().attrs().map(|(name, _)| name);
                names.any(|name| name.starts_with("on") || name == "src")
            });
            assert!(!event, "{}", rendered.html);
            let body = html.select(&Selector::parse("body").unwrap()).next();
            let text: String = body.unwrap().text().collect();
            // Both forms have the same words.
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&text), words(&rendered.text));
            assert_eq!(all(&html, &format!("html[lang={}]", language.tag())), 1);
        }
    }
}

#[test]
fn subject_contains_neither_a_secret_nor_a_text_of_a_user() {
    for language in LANGUAGES {
        let mut subjects = Vec::new();
        for message in messages() {
            let rendered = render(&message, language, &SERVICE, HOSTILE);
            let subject = rendered.subject;
            for other in ["c2VjcmV0", "alert", "evil", "\n", "\r", "Mozilla"] {
                assert!(!subject.contains(other), "{subject}");
            }
            assert!(subject.contains(SERVICE.name), "{subject}");
            // Two messages of one kind have the same subject.
            let found = (message.kind(), subject);
            assert!(
                !subjects
                    .iter()
                    .any(|(kind, subject)| *kind != found.0 && *subject == found.1)
            );
            subjects.push(found);
        }
    }
}

#[test]
fn name_of_a_user_is_on_one_line_of_a_message_to_a_known_address_only() {
    for language in LANGUAGES {
        for message in messages() {
            let rendered = render(&message, language, &SERVICE, HOSTILE);
            let first = rendered.text.lines().next().unwrap();
            assert_eq!(
                first.contains("Bcc: x@evil.example?,"),
                message.is_to_a_known_address(),
                "{first}"
            );
            let others = rendered.text.lines().skip(1);
            assert_eq!(others.filter(|line| line.contains("evil")).count(), 0);
        }
    }
}

#[test]
fn link_is_on_a_line_of_its_own() {
    for language in LANGUAGES {
        for message in messages() {
            let has_link = format!("{message:?}").contains("link: Secret(redacted)");
            let rendered = render(&message, language, &SERVICE, "Ada");
            let lines = rendered.text.lines().filter(|line| *line == LINK).count();
            assert_eq!(lines, usize::from(has_link), "{}", rendered.text);
        }
    }
}

#[test]
fn messages_in_both_languages() {
    let mut texts = Vec::new();
    for message in messages() {
        for language in LANGUAGES {
            let (kind, tag) = (message.kind(), language.tag());
            let Rendered { subject, text, .. } =
                render(&message, language, &SERVICE, "Ada Lovelace");
            texts.push(format!("== {kind} ({tag})\nSubject: {subject}\n\n{text}"));
        }
    }
    insta::assert_snapshot!(texts.join("\n"));
}
