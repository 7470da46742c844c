//! The endpoint for NVIDIA credentials.

pub mod credentials;
