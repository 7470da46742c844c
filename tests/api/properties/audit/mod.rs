//! The audit log: which entries are written, that they cannot be changed, and that changes outside the service are
//! detected.

mod archive;
mod archived_accounts;
mod atomicity;
mod aws_entries;
mod bypass;
mod checkpoints;
mod denied_access;
mod entries;
mod rows_read;
mod tampering;
mod webhook;
