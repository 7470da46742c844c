//! `/nvidia-credentials`.

mod credentials;
