//! Third-party clients of OAuth and `OpenID` Connect against the built Worker: `table` lists them, and `clients` runs them. `peers` runs
//! attack sequences against the Worker and other authorization servers, and `outcomes` has their results. Both take minutes, and need
//! npm and `PyPI`: `cargo test-interop`.

mod clients;
mod outcomes;
mod peers;
mod table;
