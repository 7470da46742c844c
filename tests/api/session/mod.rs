//! `/login`, `/logout`, `/logout-all`, `/refresh`, `/validate`, `/me` and `/sessions`.

mod current;
mod list;
mod login;
mod logout;
mod logout_all;
mod me;
mod refresh;
mod revoke;
mod sign_in;
mod sign_in_options;
mod step_up;
mod validate;
