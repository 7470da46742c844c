//! Administration of users.

mod create;
mod erase;
mod export;
mod factors;
mod grants;
mod held_bodies;
mod import;
mod personal_export;
mod races;
mod read;
mod reset_password;
mod rules;
mod search;
mod search_keys;
mod sessions;
mod unlock;
mod update;
