//! The resources that clients may get access tokens for (RFC 8707), their scopes, and the roles that may grant each scope.

use super::administration_scope::AdministrationScope;
use super::host::{is_host, is_loopback, is_port, split_port};
use super::names;
use super::role::Role;
use crate::json::{Json, Object};

/// Maximum number of resources.
pub const MAX_RESOURCES: usize = 16;

/// Maximum number of scopes of a resource.
pub const MAX_SCOPES: usize = 32;

/// Maximum length of the URI of a resource, and of a scope. Access tokens contain both.
const MAX_URI_BYTES: usize = 512;
const MAX_SCOPE_BYTES: usize = 64;

/// Scopes whose meaning is the same for every resource: those of `OpenID` Connect, and `roles`.
const RESERVED_SCOPES: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "roles",
];

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its URI, which clients send as `resource` and which is the audience of its tokens.
    pub uri: String,
    /// The name that users see.
    pub name: String,
    /// Its scopes, in the order of the configuration.
    pub scopes: Vec<ResourceScope>,
}

/// A scope of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    /// The scope.
    pub token: String,
    /// The roles whose users may grant it.
    pub roles: Vec<Role>,
}

impl ResourceScope {
    /// Whether a user of this role may grant the scope.
    #[must_use]
    pub fn may_be_granted_by(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

impl Resource {
    /// The scope with this name, if the resource declares it.
    #[must_use]
    pub fn scope(&self, token: &str) -> Option<&ResourceScope> {
        self.scopes.iter().find(|scope| scope.token == token)
    }
}

/// Reads a list of resources in JSON. A resource must not belong to the service itself, whose origin is the issuer: the audiences of
/// its own tokens are not configured.
#[must_use]
pub fn parse(text: &str, issuer: &str) -> Option<Vec<Resource>> {
    let list = Json::read(text).ok()?.list().ok()?;
    if list.len() > MAX_RESOURCES {
        return None;
    }
    let mut resources: Vec<Resource> = Vec::new();
    for json in list {
        let found = resource(json.object().ok()?, issuer)?;
        if resources.iter().any(|known| known.uri == found.uri) {
            return None;
        }
        resources.push(found);
    }
    Some(resources)
}

/// The resource with this URI. Scheme and host are compared without case (RFC 3986 section 6.2.2.1), everything else exactly.
#[must_use]
pub fn find<'r>(resources: &'r [Resource], uri: &str) -> Option<&'r Resource> {
    let (origin, rest) = split_origin(uri)?;
    let is_it = |resource: &&Resource| {
        split_origin(&resource.uri).is_some_and(|(known, known_rest)| {
            known.eq_ignore_ascii_case(origin) && known_rest == rest
        })
    };
    resources.iter().find(is_it)
}

/// Scheme and authority, and the rest. The URIs of resources have no user info, whose case would matter.
fn split_origin(uri: &str) -> Option<(&str, &str)> {
    let (scheme, after) = uri.split_once("://")?;
    let length = after.find(['/', '?', '#']).unwrap_or(after.len());
    uri.split_at_checked(scheme.len().checked_add(3)?.checked_add(length)?)
}

/// Whether the text is a scope (RFC 6749 section 3.3).
#[must_use]
pub fn is_scope_token(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    (1..=MAX_SCOPE_BYTES).contains(&text.len()) && text.bytes().all(is_plain)
}

fn resource(mut object: Object<'_>, issuer: &str) -> Option<Resource> {
    let is_known = |name: &str| ["resource", "name", "scopes"].contains(&name);
    if !object.0.iter().all(|(name, _)| is_known(name)) {
        return None;
    }
    let uri = object.text("resource").ok()?;
    let scopes = object.object("scopes").ok()?.0;
    let is_allowed = is_resource_uri(&uri, issuer) && (1..=MAX_SCOPES).contains(&scopes.len());
    let scopes = scopes
        .into_iter()
        .map(|(token, roles)| scope(&token, roles));
    is_allowed.then_some(Resource {
        name: names::text(&object.borrowed("name").ok()?).ok()?,
        scopes: scopes.collect::<Option<_>>()?,
        uri,
    })
}

fn scope(token: &str, roles: Json<'_>) -> Option<ResourceScope> {
    let mut found = Vec::new();
    for role in roles.list().ok()? {
        let role = Role::parse(&role.text().ok()?).filter(|role| !found.contains(role))?;
        found.push(role);
    }
    // A client has one list of scopes for all resources. A scope for another resource must not permit administration.
    let is_reserved = RESERVED_SCOPES.contains(&token)
        || AdministrationScope::ALL
            .iter()
            .any(|scope| scope.as_str() == token);
    let is_allowed = is_scope_token(token) && !is_reserved && !found.is_empty();
    is_allowed.then(|| ResourceScope {
        token: token.to_owned(),
        roles: found,
    })
}

/// An absolute URI without fragment (RFC 8707 section 2), in the spelling that clients compare: scheme and host in lower case, no
/// default port, no user name and no dot segments. Plain http is for development on this machine, like that of the issuer.
fn is_resource_uri(uri: &str, issuer: &str) -> bool {
    let (rest, default_port, is_secure) = match uri.split_once("://") {
        Some(("https", rest)) => (rest, "443", true),
        Some(("http", rest)) => (rest, "80", false),
        _ => return false,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path_and_query) = rest.split_at_checked(end).unwrap_or_default();
    let is_of_issuer = uri
        .strip_prefix(issuer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let Some((host, port)) = split_port(authority) else {
        return false;
    };
    let is_in_development = issuer.starts_with("http://");
    let is_on_allowed_host =
        is_host(host) && (is_secure || (is_in_development && is_loopback(host)));
    uri.len() <= MAX_URI_BYTES
        && is_on_allowed_host
        && port.is_none_or(|port| port != default_port && is_port(port))
        && is_path_and_query(path_and_query)
        && !is_of_issuer
}

/// RFC 3986 sections 3.3 and 3.4, without dot segments.
fn is_path_and_query(text: &str) -> bool {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let has_dots = path.split('/').any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    });
    !has_dots && is_encoded(path, b"/") && is_encoded(query, b"/?")
}

/// Only characters that a path may contain, and these; every `%` begins two hexadecimal digits.
fn is_encoded(text: &str, more: &[u8]) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || b"-._~!$&'()*+,;=:@%".contains(&byte)
            || more.contains(&byte)
    };
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.bytes().all(is_plain) && text.split('%').skip(1).all(is_escape)
}

#[cfg(test)]
mod tests;
