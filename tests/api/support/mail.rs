//! Messages that the service has sent. Miniflare writes them to files instead of sending them. The HTML is parsed by html5ever.

use super::app::App;
use scraper::{Html, Selector};
use serde_json::Value;

/// A message.
#[derive(Debug)]
pub struct Mail {
    pub from: Value,
    pub headers: Value,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl App {
    /// The messages to this address, oldest first. The caller has waited for the request that sends them.
    pub async fn mails_to(&self, address: &str) -> Vec<Mail> {
        let sent = self
            .control("sent", serde_json::json!({ "to": address }))
            .await;
        let sent = sent.as_array().expect("a list").iter();
        sent.map(|message| {
            let id = message["id"].as_str().expect("an id");
            let (text, html) = self.server().mail(id);
            Mail {
                from: message["from"].clone(),
                headers: message["headers"].clone(),
                subject: message["subject"].as_str().expect("a subject").to_owned(),
                text,
                html,
            }
        })
        .collect()
    }

    /// The subjects of the messages to this address, oldest first.
    pub async fn subjects_to(&self, address: &str) -> Vec<String> {
        let mails = self.mails_to(address).await.into_iter();
        mails.map(|mail| mail.subject).collect()
    }

    /// The last message to this address.
    pub async fn mail_to(&self, address: &str) -> Mail {
        let last = self.mails_to(address).await.pop();
        last.unwrap_or_else(|| panic!("no message to {address}"))
    }
}

impl Mail {
    /// The secret of the link to this page. Fails the test unless the text and the HTML have the same link, with the origin of the
    /// server.
    #[track_caller]
    pub fn secret(&self, app: &App, page: &str) -> String {
        let origin = app.vars().expect("JWT_ISSUER");
        let start = format!("{origin}/{page}#");
        let mut in_text = self.text.lines().filter(|line| line.starts_with(&start));
        let link = in_text.next().unwrap_or_else(|| panic!("{}", self.text));
        let html = Html::parse_document(&self.html);
        let links = Selector::parse("a[href]").expect("a selector");
        let links: Vec<_> = html.select(&links).filter_map(|a| a.attr("href")).collect();
        assert!(links.contains(&link), "{links:?}");
        link[start.len()..].to_owned()
    }
}
