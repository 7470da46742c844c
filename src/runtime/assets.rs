//! The static assets of the Worker: the files of the browser pages in `build/pages`.

use super::timeout::timeout;
use worker::{Env, Fetcher};

/// Timeout of a call.
const ASSETS_TIMEOUT_MS: u32 = 5_000;

/// The origin of the URLs that the binding is asked for. The binding uses only the path.
const ORIGIN: &str = "https://assets";

/// The binding to the static assets.
#[derive(Debug)]
pub struct Assets(Fetcher);

impl Assets {
    /// The assets that are bound under this name, if there are any.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        env.assets(binding).ok().map(Self)
    }

    /// The text of a file. `None` if there is no such file, or if it could not be read.
    pub async fn text(&self, path: &str) -> Option<String> {
        let read = async {
            let mut response = self.0.fetch(format!("{ORIGIN}{path}"), None).await.ok()?;
            if response.status_code() != 200 {
                return None;
            }
            response.text().await.ok()
        };
        timeout(ASSETS_TIMEOUT_MS, read).await.ok().flatten()
    }
}
