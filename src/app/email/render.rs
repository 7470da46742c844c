//! A message in plain text and in HTML. The HTML has no image, no script and no reference but its links.

use super::message::{Block, Message, Service};
use crate::domain::language::Language;
use crate::domain::names;

/// Maximum number of bytes of a name.
const MAX_NAME_BYTES: usize = 128;

/// A message that can be sent.
#[derive(Debug)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// Renders a message to a recipient with this name.
pub fn render(
    message: &Message,
    language: Language,
    service: &Service<'_>,
    recipient: &str,
) -> Rendered {
    let words = message.words(language, service);
    let greeting = if message.is_to_a_known_address() {
        let name = names::shown(recipient, MAX_NAME_BYTES);
        format!("{} {name},", words.greeting)
    } else {
        format!("{},", words.greeting)
    };
    let mut blocks = vec![Block::Paragraph(greeting)];
    blocks.extend(words.blocks);
    blocks.push(Block::Paragraph(format!(
        "{}\n{}",
        service.name, service.origin
    )));
    Rendered {
        text: text(&blocks),
        html: html(language, &words.subject, &blocks),
        subject: words.subject,
    }
}

fn text(blocks: &[Block]) -> String {
    let of_block = |block: &Block| match block {
        Block::Paragraph(text) => text.clone(),
        Block::Link(link) => link.reveal().to_owned(),
        Block::Facts(facts) => {
            let lines = facts
                .iter()
                .map(|(label, value)| format!("{label}: {value}"));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    let blocks: Vec<String> = blocks.iter().map(of_block).collect();
    blocks.join("\n\n") + "\n"
}

fn html(language: Language, subject: &str, blocks: &[Block]) -> String {
    let of_block = |block: &Block| match block {
        Block::Paragraph(text) => format!("<p>{}</p>\n", lines(text)),
        Block::Link(link) => {
            let link = escaped(link.reveal());
            format!("<p><a href=\"{link}\">{link}</a></p>\n")
        }
        Block::Facts(facts) => {
            let fact = |(label, value): &(&str, String)| {
                format!("<b>{}</b>: {}", escaped(label), escaped(value))
            };
            let facts: Vec<String> = facts.iter().map(fact).collect();
            format!("<p>{}</p>\n", facts.join("<br>\n"))
        }
    };
    let body: String = blocks.iter().map(of_block).collect();
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 36em; margin: 0 auto; padding: 1em\">\n\
         {body}</body>\n</html>\n",
        language.tag(),
        escaped(subject)
    )
}

fn lines(text: &str) -> String {
    escaped(text).replace('\n', "<br>\n")
}

/// A text in HTML, as content and as the value of an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
