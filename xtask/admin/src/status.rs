//! `cargo xtask status`: the state of a service.

use crate::http::Call;
use crate::service::Service;
use crate::users::shown;
use anyhow::Result;

/// Returns the text to print.
///
/// # Errors
/// The error of the service, or no response.
pub fn run(options: &cli::Service) -> Result<String> {
    let service = Service::connect(options)?;
    let mut status = service.json(&Call::get("status"))?;
    if let Some(fields) = status.as_object_mut() {
        fields.remove("success");
    }
    Ok(if options.json {
        status.to_string()
    } else {
        shown::fields(&status)
    })
}
