//! The verification of passkeys, called as a library: published vectors, a software authenticator, and other verifiers.

#[path = "../shared/authenticator.rs"]
mod authenticator;
#[path = "../shared/installed.rs"]
mod installed;

mod differential;
mod published;
mod refusals;
