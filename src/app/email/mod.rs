//! E-mail to users: messages in English and German, their delivery after the response, and the use cases that send them.

mod budget;
pub mod change;
pub mod confirm;
mod delivery;
mod english;
pub mod forgotten;
mod german;
mod link;
mod message;
pub mod notices;
mod render;
pub mod revert;

pub use budget::BUDGETS_OF_USERS;
pub use delivery::{Outbox, Recipient};
pub use message::FactorEvent;

pub(super) use budget::requested;
pub(super) use delivery::{Outgoing, deliver, post};
pub(super) use link::OneTimeSecret;
pub(super) use message::Message;
