//! Finds the user that a command names, by user name, e-mail address or id.

use super::shown;
use crate::http::Call;
use crate::service::Service;
use anyhow::{Result, bail};
use edge_auth::domain::names;
use serde_json::{Value, json};
use uuid::Uuid;

/// Maximum number of pages that are read for one name.
const MAX_PAGES: usize = 20;
/// Maximum page size of the service.
const PAGE_SIZE: u32 = 200;

/// The user, as the API returns it.
///
/// # Errors
/// No such user, or several; or the error of the service.
pub fn user(service: &Service, typed: &str) -> Result<Value> {
    let typed = names::trimmed(typed);
    if let Ok(id) = Uuid::try_parse(typed) {
        let response = service.try_call(&Call::get(format!("users/{id}")))?;
        if response.code() != "user_not_found" {
            return Ok(response.successful()?.json()["user"].clone());
        }
    }
    let found = exact(service, typed)?;
    match found.as_slice() {
        [] => bail!("user '{typed}' not found"),
        [user] => Ok(user.clone()),
        users => bail!(
            "'{typed}' matches several users; give the id of one:\n{}",
            shown::table(users)
        ),
    }
}

/// The id of the user.
///
/// # Errors
/// See [`user`].
pub fn id(service: &Service, typed: &str) -> Result<String> {
    let user = user(service, typed)?;
    Ok(user["id"].as_str().unwrap_or_default().to_owned())
}

/// The users with exactly this name or address, among those that begin with it.
fn exact(service: &Service, typed: &str) -> Result<Vec<Value>> {
    let wanted = Wanted::new(typed);
    for term in wanted.terms() {
        let found = search(service, &term, &wanted)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn search(service: &Service, term: &str, wanted: &Wanted<'_>) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..MAX_PAGES {
        let mut body = json!({ "term": term, "limit": PAGE_SIZE });
        if !cursor.is_null() {
            body["cursor"] = cursor;
        }
        let page = service.json(&Call::post("users/search").json(&body).that_reads())?;
        let users = page["users"].as_array().into_iter().flatten();
        found.extend(users.filter(|user| wanted.is(user)).cloned());
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    Ok(found)
}

/// A typed name in the forms that are compared.
struct Wanted<'t> {
    typed: &'t str,
    username: Option<names::Username>,
    email: Option<names::Email>,
}

impl<'t> Wanted<'t> {
    fn new(typed: &'t str) -> Self {
        Self {
            typed,
            username: names::canonical(typed).ok(),
            email: names::email(typed).ok(),
        }
    }

    /// The spellings to search for. The service searches addresses as they were entered, with the domain in Unicode or in ASCII.
    fn terms(&self) -> Vec<String> {
        let mut terms = vec![self.typed.to_owned()];
        if let Some(name) = &self.username {
            terms.push(name.as_str().to_owned());
        }
        if let Some(email) = &self.email {
            terms.extend([
                email.as_str().to_owned(),
                email.unicode_key(),
                email.key().to_owned(),
            ]);
        }
        let mut seen = Vec::new();
        terms.retain(|term| {
            let is_new = !term.is_empty() && !seen.contains(term);
            seen.push(term.clone());
            is_new
        });
        terms
    }

    fn is(&self, user: &Value) -> bool {
        let field = |name: &str| user[name].as_str().unwrap_or_default();
        let username = field("username");
        let has_username = if field("source") == "password" {
            self.username
                .as_ref()
                .is_some_and(|name| name.as_str() == username)
        } else {
            self.typed == username
        };
        let key = |text: &str| names::email(text).ok().map(|email| email.key().to_owned());
        let has_email = self
            .email
            .as_ref()
            .is_some_and(|email| key(field("email")).as_deref() == Some(email.key()));
        has_username || has_email
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_searched_with_their_domain_in_both_forms() {
        let of = |typed: &str| Wanted::new(typed).terms();
        assert_eq!(of(""), [""; 0]);
        assert_eq!(of("john"), ["john"]);
        assert_eq!(of("JOHN"), ["JOHN", "john"]);
        assert_eq!(
            of("J@xn--bcher-kva.example."),
            [
                "J@xn--bcher-kva.example.",
                "J@xn--bcher-kva.example",
                "j@b\u{fc}cher.example",
                "j@xn--bcher-kva.example"
            ]
        );
    }

    #[test]
    fn name_or_address_must_match_as_a_whole() {
        let user = |source: &str, username: &str, email: &str| json!({ "source": source, "username": username, "email": email });
        let john = user("password", "john", "John@b\u{fc}cher.example");
        for (typed, is_match) in [
            ("john", true),
            ("JOHN", true),
            ("john@xn--bcher-kva.example", true),
            ("JOHN@B\u{dc}CHER.example", true),
            ("joh", false),
            ("john@b\u{fc}cher.exampl", false),
        ] {
            assert_eq!(Wanted::new(typed).is(&john), is_match, "{typed}");
        }
        let federated = user("https://sso.example", "AWS User", "");
        assert!(Wanted::new("AWS User").is(&federated));
        assert!(!Wanted::new("aws user").is(&federated));
    }
}
