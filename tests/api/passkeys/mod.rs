//! Passkeys: the endpoints of `src/routes/passkeys`, and what a passkey is used for. The authenticator is software
//! (`tests/shared/authenticator.rs`). The tests in `browser` use the virtual authenticator of Chromium.

mod manage;
mod refused;
mod register;
mod second_factor;
mod sign_in;
mod step_up;
