//! A request as plain values. `events/fetch.rs` creates it from the platform's request. Most headers are
//! read on demand, because each read crosses into JavaScript.

use crate::app::client_info::ClientInfo;
use std::future::Future;
use std::pin::Pin;

/// The methods that at least one route has. Any other method is [`Method::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// HEAD, which is handled like GET. The response has no body.
    Head,
    /// POST
    Post,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
    /// Any other method.
    Other,
}

impl Method {
    /// The method with this name; names are case-sensitive (RFC 9110 §9.1).
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

impl Method {
    /// The name of the method.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "",
        }
    }

    /// The method as `Allow` lists it. A GET route also accepts HEAD.
    #[must_use]
    pub fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options | Self::Other => "",
        }
    }
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The body has more bytes than the limit.
    TooLarge,
    /// The client disconnected or took too long.
    Interrupted,
    /// The isolate, or the client site, has reached its limit of bodies in progress.
    NoCapacity,
}

/// The future of a body that is being read.
pub type Reading = Pin<Box<dyn Future<Output = Result<Vec<u8>, BodyError>>>>;

/// Reads one header by its name in lower case.
pub type Headers = Box<dyn Fn(&str) -> Option<String>>;

/// A request of a client.
pub struct Request {
    /// The method.
    pub method: Method,
    /// Scheme, authority, path and query, as the platform gives them.
    pub url: String,
    /// The parameters in the path, which the router fills in.
    pub parameters: Vec<(&'static str, String)>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header `Cookie`, if there is no `Authorization`.
    pub cookie: Option<String>,
    /// Whether there is no `Authorization`, and `Sec-Fetch-Site` is `same-origin`: the request comes from a page of the service.
    pub is_same_origin: bool,
    /// Returns the id of the request: Cloudflare's ray id, or a random UUID if there is none.
    pub id: Box<dyn Fn() -> String>,
    /// Reads a header. The name is in lower case.
    pub header: Headers,
    /// Reads the body, up to this many bytes. The Boolean is true if the number is the length that the client declared.
    pub body: Box<dyn FnOnce(usize, bool) -> Reading>,
}

impl Request {
    /// The value of a header, if the request has it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        (self.header)(name)
    }

    /// The client's address as Cloudflare saw it.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        self.header("cf-connecting-ip")
    }

    /// The client, as it is stored with sessions and in the audit log.
    #[must_use]
    pub fn client_info(&self) -> ClientInfo {
        let user_agent = self.header("user-agent");
        ClientInfo::new(
            user_agent.as_deref(),
            self.address().as_deref(),
            self.header("cf-ipcountry").as_deref(),
            (self.id)(),
            self.header("accept-language").as_deref(),
        )
    }

    /// The path as sent, without the query. It is not percent-decoded: no route needs that, and so each route has one spelling
    /// only.
    #[must_use]
    pub fn path(&self) -> &str {
        path_of(&self.url)
    }

    /// The segment of the path that the route's path names `{name}`, as sent.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The query as sent, without its question mark; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        query_of(&self.url)
    }
}

fn query_of(url: &str) -> &str {
    let before_fragment = url.split('#').next().unwrap_or(url);
    before_fragment
        .split_once('?')
        .map_or("", |(_, query)| query)
}

fn path_of(url: &str) -> &str {
    let is_end = |byte: u8| matches!(byte, b'?' | b'#');
    let end = url.bytes().position(is_end).unwrap_or(url.len());
    let before_query = url.get(..end).unwrap_or(url);
    // `https://authority/path`.
    let slash = before_query.match_indices('/').nth(2);
    slash
        .and_then(|(start, _)| before_query.get(start..))
        .unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_what_follows_the_first_question_mark() {
        for (url, query) in [
            ("https://a.example/api/auth/audit", ""),
            ("https://a.example/api/auth/audit?", ""),
            ("https://a.example/api/auth/audit?a=b?&c", "a=b?&c"),
            ("https://a.example?x=1#y?z", "x=1"),
        ] {
            assert_eq!(query_of(url), query, "{url}");
        }
    }

    #[test]
    fn the_path_is_what_stands_between_authority_and_query() {
        for (url, path) in [
            ("http://127.0.0.1:8787/api/auth/me", "/api/auth/me"),
            ("https://a.example/api/auth/me?x=/y#z", "/api/auth/me"),
            ("https://a.example", "/"),
            ("https://a.example?x", "/"),
            ("https://a.example//api//auth", "//api//auth"),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
