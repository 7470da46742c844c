//! As much of XML as STS's replies need: elements, text, attributes to skip, the five named entities and numeric ones.
//!
//! Everything that starts with `<!` is refused, so there are no DTDs, no entities of a document's own, no CDATA and no
//! comments; with depth bounded there is nothing in a small document that could grow. What is not well formed is refused
//! as a whole, also behind the element that was asked for.

/// STS's replies are four deep.
const DEEPEST: usize = 16;

/// The text of the only element at this path (local names from the root), if the document is well formed and the element
/// holds text alone.
#[must_use]
pub fn text_at(document: &str, path: &[&str]) -> Option<String> {
    let mut rest = document
        .strip_prefix('\u{feff}')
        .unwrap_or(document)
        .trim_start();
    if let Some(declaration) = rest.strip_prefix("<?xml ") {
        rest = declaration.split_once("?>")?.1;
    }
    let mut open: Vec<&str> = Vec::new();
    let mut found: Option<String> = None;
    let mut has_root = false;
    loop {
        let Some((text, tagged)) = rest.split_once('<') else {
            // Behind the root only space may stand.
            return (open.is_empty() && has_root && rest.trim().is_empty())
                .then_some(found)
                .flatten();
        };
        let (tag, after) = split_tag(tagged)?;
        rest = after;
        if open.is_empty() && !text.trim().is_empty() {
            return None;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let is_wanted = is_at(&open, path);
            if open.pop() != Some(name.trim_end()) {
                return None;
            }
            if is_wanted {
                // A second one, or text behind a child element, would leave it to chance which is meant.
                if found.is_some() {
                    return None;
                }
                found = Some(unescape(text)?);
            }
            continue;
        }
        if is_at(&open, path) || (open.is_empty() && has_root) || open.len() >= DEEPEST {
            return None;
        }
        has_root = true;
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = tag
            .split([' ', '\t', '\r', '\n'])
            .next()
            .filter(|name| is_name(name))?;
        if is_empty {
            open.push(name);
            if is_at(&open, path) {
                return None;
            }
            open.pop();
        } else {
            open.push(name);
        }
    }
}

/// Splits behind a tag's `<` at the `>` that ends it, which is not one inside of an attribute's quotes.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => {
                let (tag, rest) = text.split_at_checked(at)?;
                return Some((tag, rest.strip_prefix('>')?));
            }
            // In an attribute's value it would have to be `&lt;` (XML 1.0 section 3.1).
            (_, '<') => return None,
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}

fn is_at(open: &[&str], path: &[&str]) -> bool {
    open.len() == path.len()
        && open
            .iter()
            .zip(path)
            .all(|(name, wanted)| local_name(name) == *wanted)
}

fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
}

fn unescape(text: &str) -> Option<String> {
    let mut pieces = text.split('&');
    let mut plain = pieces.next()?.to_owned();
    for piece in pieces {
        let (entity, after) = piece.split_once(';')?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => numbered(entity.strip_prefix('#')?)?,
        });
        plain.push_str(after);
    }
    Some(plain)
}

fn numbered(digits: &str) -> Option<char> {
    let (digits, radix) = match digits.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATH: [&str; 2] = ["a", "b"];

    #[test]
    fn text_is_found_by_its_path() {
        for (document, text) in [
            ("<a><b>x</b></a>", "x"),
            (
                "<?xml version=\"1.0\"?>\n<a xmlns='u:>'>\n <c/><b k=\"v\">x</b >\n</a>\n",
                "x",
            ),
            ("\u{feff}<n:a><n:b>x</n:b></n:a>", "x"),
            (
                "<a><b>&lt;&amp;&#233;&#x1F600;&quot;&apos;&gt;</b></a>",
                "<&é😀\"'>",
            ),
            ("<a><b></b></a>", ""),
            ("<a><c><b>deep</b></c><b>x</b></a>", "x"),
        ] {
            assert_eq!(
                text_at(document, &PATH).as_deref(),
                Some(text),
                "{document}"
            );
        }
    }

    #[test]
    fn what_is_odd_is_refused_as_a_whole() {
        let bomb =
            "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><a><b>&b;</b></a>";
        let deep = format!("{}<b>x</b>{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
        for document in [
            "",
            "x",
            "<",
            "<a",
            "<a>",
            "<a><b>x</b>",
            "<a><b>x</b></a",
            "<a><b>x</b></a></a>",
            "<a><b>x</b></a><a/>",
            "<a c=\"<\"><b>x</b></a>",
            "<a><b>x</b></a>tail",
            "head<a><b>x</b></a>",
            "<a><b>x</b><b>y</b></a>",
            "<a><b>x<c/></b></a>",
            "<a><b>x<c>y</c>z</b></a>",
            "<a><b/></a>",
            "<a><b>x</c></a>",
            "<a><b>&unknown;</b></a>",
            "<a><b>&amp</b></a>",
            "<a><b>&#xD800;</b></a>",
            "<a><b>&#+9;</b></a>",
            "<a><b>&#;</b></a>",
            "<a><b>&#99999999999;</b></a>",
            "<a><b><![CDATA[x]]></b></a>",
            "<a><!-- c --><b>x</b></a>",
            "<a><?pi x?><b>x</b></a>",
            "<a><b k=\"v>x</b></a>",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a><b>x</b></a>",
            "<html><body>Bad gateway</body></html>",
            bomb,
            &deep,
        ] {
            assert_eq!(
                text_at(document, &PATH),
                None,
                "{}",
                document.get(..80).unwrap_or(document)
            );
        }
    }

    proptest! {
        #[test]
        fn no_document_panics(document in "[<>/!?&;#x\"'a-c \u{e9}]{0,60}") {
            let _ = text_at(&document, &PATH);
        }
    }
}
