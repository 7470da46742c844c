//! Passkeys: their ceremonies, and what they are used for.

pub mod authenticate;
pub mod ceremony;
pub mod options;
pub mod register;
pub mod second_factor;
pub mod sign_in;
pub mod step_up;
