//! Third-party clients of OAuth and `OpenID` Connect against the built Worker. `table` lists them, and `clients` runs them, which
//! takes minutes and needs npm and `PyPI`: `cargo test-interop`.

mod clients;
mod table;
