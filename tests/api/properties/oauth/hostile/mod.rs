//! Hostile requests of the authorization endpoint: each gets its documented error, no response leaves the service unless client and
//! redirect URI are valid, and each response to a client has exactly one `iss`.

mod clients;
mod consent;
mod parameters;
mod redirect_uris;
mod repetitions;
mod responses;
mod token_requests;

use super::{app, browsers, vars};
use crate::support::grants::{AUTHORIZE, Changes, WEB};
use crate::support::services::Service;
use crate::support::{App, Caller, Cases, Request, Response};
use reqwest::Url;
use tokio::task::JoinSet;

/// The required response.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// The error page, which explains this code.
    Page(&'static str),
    /// This error at the redirect URI, with this `state`.
    Client(&'static str, Option<String>),
    /// The consent page: what is hostile has no effect.
    Consent,
}

/// A hostile request.
#[derive(Clone, Debug)]
struct Hostile {
    class: &'static str,
    /// The parameters in the query of a link.
    query: String,
    /// The parameters in the body of a form. Without one, the request is a link.
    form: Option<String>,
    expected: Expected,
}

/// The `state` of [`Service::parameters`].
const STATE: &str = "the state";

/// An error at the redirect URI with the usual state.
fn client(error: &'static str) -> Expected {
    Expected::Client(error, Some(STATE.to_owned()))
}

fn encode(parameters: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(parameters);
    text.finish()
}

/// An otherwise right request with these changes, as a link and as a form.
fn changed(
    class: &'static str,
    service: &Service,
    changes: &Changes<'_>,
    expected: &Expected,
) -> [Hostile; 2] {
    of_text(class, &encode(&service.parameters(changes)), expected)
}

/// These parameters as a link and as a form.
fn of_text(class: &'static str, text: &str, expected: &Expected) -> [Hostile; 2] {
    let link = Hostile {
        class,
        query: text.to_owned(),
        form: None,
        expected: expected.clone(),
    };
    let form = Hostile {
        query: String::new(),
        form: Some(text.to_owned()),
        ..link.clone()
    };
    [link, form]
}

impl Hostile {
    fn request(&self, browser: &Caller) -> Request {
        let path = match self.query.as_str() {
            "" => AUTHORIZE.to_owned(),
            query => format!("{AUTHORIZE}?{query}"),
        };
        match &self.form {
            None => browser.get(&path).header("sec-fetch-site", "cross-site"),
            Some(form) => {
                let request = browser.post(&path).body(form.clone());
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                request.header("origin", "https://canary.example")
            }
        }
    }

    fn assert_refused(&self, app: &App, response: &Response) {
        let location = response.location();
        assert!(response.body.is_empty(), "{self:?}");
        assert!(!location.contains(['\r', '\n', ' ']), "{self:?} {location}");
        match &self.expected {
            Expected::Page(code) => assert_eq!(location, format!("/error?code={code}"), "{self:?}"),
            Expected::Consent => {
                let page = location.starts_with("/consent?request=");
                assert!(page && !location.contains("canary"), "{self:?} {location}");
                return;
            }
            Expected::Client(error, state) => {
                assert!(
                    location.starts_with(&format!("{WEB}?")),
                    "{self:?} {location}"
                );
                let url = Url::parse(&location).expect("a URL");
                let values = |name: &str| -> Vec<String> {
                    let pairs = url.query_pairs().filter(|(known, _)| known == name);
                    pairs.map(|(_, value)| value.into_owned()).collect()
                };
                assert_eq!(values("error"), [*error], "{self:?} {location}");
                assert_eq!(values("error_description").len(), 1, "{self:?}");
                assert_eq!(values("iss"), [app.page_origin()], "{self:?}");
                let state: Vec<String> = state.iter().cloned().collect();
                assert_eq!(values("state"), state, "{self:?}");
                let number = 3 + state.len();
                assert_eq!(url.query_pairs().count(), number, "{self:?} {location}");
                assert_eq!(url.fragment(), None, "{self:?}");
            }
        }
        assert!(response.set_cookies().is_empty(), "{self:?}");
    }
}

/// All hostile requests of a public client.
fn all(service: &Service, other: &Service) -> Vec<Hostile> {
    [
        redirect_uris::all(service),
        clients::all(service, other),
        parameters::all(service),
        repetitions::all(service),
    ]
    .concat()
}

#[tokio::test]
async fn hostile_authorization_request_gets_its_error_and_stays_at_the_service() {
    let app = app(vars());
    let service = app.application("none").await;
    let other = app.application("none").await;
    let sql = "UPDATE oauth_clients SET redirect_uris = '[\"https://canary.example/callback\"]' WHERE id = ?1";
    app.sql(sql, [other.id.as_str()]).await;
    let cases = Cases::of_this_run();
    let all = all(&service, &other);
    let distinct: std::collections::BTreeSet<_> =
        all.iter().map(|one| (&one.query, &one.form)).collect();
    assert!(distinct.len() > 500, "{}", distinct.len());
    let tried = cases.of_each_class(all, |one| one.class);
    cases.assert_tried(tried.len(), 35, 500);
    let browsers = browsers(&app, 8).await;
    let mut running = JoinSet::new();
    for (part, browser) in tried.chunks(tried.len().div_ceil(8)).zip(browsers) {
        let (app, part) = (app.another_view(), part.to_vec());
        let browser = browser.in_view(&app);
        running.spawn(async move {
            for hostile in part {
                let response = hostile.request(&browser).await;
                hostile.assert_refused(&app, &response);
                let recorded = response.recorded().await;
                assert!(recorded.logs.is_empty(), "{hostile:?} {:?}", recorded.logs);
                assert!(recorded.has_only_reads(), "{hostile:?}");
            }
        });
    }
    while let Some(part) = running.join_next().await {
        part.expect("a part without a failure");
    }
    let sql = "SELECT count(*) AS n FROM oauth_grants WHERE client_id IN (?1, ?2)";
    assert_eq!(app.count(sql, [service.id, other.id]).await, 0);
}
