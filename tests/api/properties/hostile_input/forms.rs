//! Forms and queries of the OAuth routes: shapes, sizes, encodings, and values of every parameter.

use super::{Attempt, CANARY, Role, service, try_all};
use crate::support::Cases;
use crate::support::routes::{self, Route};

/// Unknown names, and parameters of the forms. `state` is not tried, because responses to the client repeat it.
const PARAMETERS: [&str; 23] = [
    "grant_type",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "resource",
    "scope",
    "token",
    "token_type_hint",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "response_type",
    "response_mode",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "__proto__",
    "",
];

const VALUES: [&str; 30] = [
    "",
    "CANARY",
    "%00CANARY",
    "CANARY%00",
    "%ff%feCANARY",
    "%C0%AFCANARY",
    "%ED%A0%80CANARY",
    "%",
    "%zz",
    "%u0043ANARY",
    "+",
    "CANARY+CANARY",
    "-1",
    "1e9",
    "99999999999999999999",
    "%D9%A3",
    "%0d%0aset-cookie:x=CANARY",
    "'%20OR%20'1'='1'%20--CANARY",
    "CANARY'%20UNION%20SELECT%20secret_hash%20FROM%20oauth_clients--",
    "%3Cscript%3ECANARY%3C/script%3E",
    "%24%7Bjndi:ldap://CANARY%7D",
    "..%2F..%2FCANARY",
    "https://CANARY.example/%23",
    "//CANARY.example",
    "javascript:CANARY",
    "eyJhbGciOiJub25lIn0.e30.CANARY",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..",
    "........................",
    "%F0%9F%92%A9CANARY",
    "%EF%BB%BFCANARY",
];

/// A form with parameters of each route.
const FORM: &str = "grant_type=authorization_code&code=x&code_verifier=x&token=x&response_type=code&scope=openid\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// Values of the header `Authorization` of a client. The first is valid, so that the form is read.
const AUTHORIZATIONS: [&[u8]; 10] = [
    b"Basic eDp4",
    b"Basic ",
    b"Basic =",
    b"Basic Q0FOQVJZ",
    b"Basic //79",
    b"Basic ADoA",
    b"Basic JWZmOiVmZg==",
    b"Basic eDp4, Basic eDp4",
    b"Basic \xff\xfe",
    b"Digest username=\"CANARY\"",
];

fn routes_with_form() -> Vec<Route> {
    let mut routes = routes::all();
    routes.retain(Route::takes_form);
    assert!(routes.len() > 3, "{}", routes.len());
    routes
}

/// The form of a client with this parameter, in place of the one with the same name.
fn with(form: &str, name: &str, value: &str) -> String {
    let kept = form.split('&').filter(|pair| {
        let other = pair.split('=').next();
        other != Some(name)
    });
    let kept: Vec<&str> = kept.collect();
    format!("{}&{name}={value}", kept.join("&"))
}

/// The form of a client that exists, so that all parameters are read.
async fn form_of_client() -> String {
    let client = service().application("client_secret_post").await;
    let uri = "https%3A%2F%2Fapp.example.com%2Fcallback";
    format!(
        "{FORM}&redirect_uri={uri}&client_id={}&client_secret={}",
        client.id, client.secret
    )
}

fn form(route: &Route, body: impl AsRef<[u8]>) -> Attempt {
    let media_type = "application/x-www-form-urlencoded";
    Attempt::of(route)
        .header("content-type", media_type)
        .body(body)
}

async fn try_values(cases: Cases) -> usize {
    let own = form_of_client().await;
    let parameters = cases.pairs(&PARAMETERS, &VALUES);
    let pairs = cases.pairs(&routes_with_form(), &parameters);
    let attempts = pairs.iter().map(|(route, (name, value))| {
        let body = with(&own, name, value);
        form(route, body)
    });
    try_all(cases, attempts.collect(), &[Role::Anonymous]).await
}

#[tokio::test]
async fn any_value_of_a_form_parameter_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_values(cases).await;
    let sample = PARAMETERS.len().max(VALUES.len());
    cases.assert_tried(count, sample, 2_500);
}

/// Bodies that are not a list of a few parameters.
fn shapes() -> Vec<Vec<u8>> {
    let many: Vec<String> = (0..65).map(|number| format!("{number}=CANARY&")).collect();
    let long = |length: usize| format!("{FORM}&x={CANARY}{}", "x".repeat(length));
    vec![
        Vec::new(),
        b"\0".to_vec(),
        b"&&&&&&=".to_vec(),
        b"=&=".to_vec(),
        b"CANARY".to_vec(),
        b"\xff\xfe=\xff".to_vec(),
        b"\xef\xbb\xbfgrant_type=CANARY".to_vec(),
        b"\x1f\x8b\x08\0\0\0\0\0\0\0CANARY".to_vec(),
        b"{\"grant_type\":\"CANARY\"}".to_vec(),
        b"grant_type=a;token=CANARY".to_vec(),
        b"grant_type[]=CANARY&token[a][b]=CANARY".to_vec(),
        format!("{FORM}&{FORM}").into_bytes(),
        format!("{FORM}&%74oken=CANARY").into_bytes(),
        format!("{FORM}&x[{}=1", "a][".repeat(3_000)).into_bytes(),
        "a=1&".repeat(4_000).into_bytes(),
        "&".repeat(16_384).into_bytes(),
        "%".repeat(16_384).into_bytes(),
        vec![0xff; 16_384],
        vec![b'x'; 16_385],
        vec![b'x'; 200_000],
        long(1_025).into_bytes(),
        long(8_193).into_bytes(),
        many.concat().into_bytes(),
        b"--CANARY\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\nx\r\n--CANARY--"
            .to_vec(),
    ]
}

async fn try_shapes(cases: Cases) -> usize {
    let pairs = cases.pairs(&routes_with_form(), &shapes()).into_iter();
    let attempts = pairs.map(|(route, shape)| form(&route, shape));
    try_all(cases, attempts.collect(), &[Role::Anonymous, Role::User]).await
}

#[tokio::test]
async fn form_of_any_shape_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_shapes(cases).await;
    cases.assert_tried(count, shapes().len(), 180);
}

async fn try_credentials(cases: Cases) -> usize {
    let pairs = Cases::All.pairs(&routes_with_form(), &AUTHORIZATIONS);
    let duplicated = |attempt: Attempt| {
        let first = AUTHORIZATIONS[0];
        [attempt.clone(), attempt.header("authorization", first)]
    };
    let attempts = pairs.into_iter().flat_map(|(route, value)| {
        let attempt = form(&route, "grant_type=client_credentials&token=x");
        duplicated(attempt.header("authorization", value))
    });
    try_all(cases, attempts.collect(), &[Role::Anonymous]).await
}

#[tokio::test]
async fn any_credentials_of_a_client_get_a_response() {
    let cases = Cases::of_this_run();
    let count = try_credentials(cases).await;
    let all = routes_with_form().len() * AUTHORIZATIONS.len() * 2;
    cases.assert_tried(count, all, all - 1);
}

async fn try_queries(cases: Cases) -> usize {
    let parameters = cases.pairs(&PARAMETERS, &VALUES).into_iter();
    let own = form_of_client().await;
    let parameters = parameters.map(|(name, value)| with(&own, name, value));
    let shapes = [
        "&&&&".to_owned(),
        "=".to_owned(),
        "client_id=x&client_id=x".to_owned(),
        format!("state={}", CANARY.repeat(1_000)),
        "a=1&".repeat(2_000),
    ];
    let queries = parameters.chain(shapes);
    let attempt = |query| Attempt::new("GET", &format!("/oauth/authorize?{query}"));
    let attempts: Vec<Attempt> = queries.map(attempt).collect();
    try_all(cases, attempts, &[Role::Anonymous]).await
}

#[tokio::test]
async fn any_query_of_an_authorization_request_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_queries(cases).await;
    let sample = PARAMETERS.len().max(VALUES.len()) + 5;
    cases.assert_tried(count, sample, PARAMETERS.len() * VALUES.len());
}
