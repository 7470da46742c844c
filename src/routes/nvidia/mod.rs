//! NVIDIA credentials.

pub mod credentials;
