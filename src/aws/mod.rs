//! What AWS says on the wire. Pure but for `client.rs`, the only place that fetches.
