//! `/login`, `/logout`, `/logout-all`, `/refresh`, `/validate`, `/me` and `/sessions`.

mod list;
mod login;
mod logout;
mod logout_all;
mod me;
mod refresh;
mod revoke;
mod validate;
