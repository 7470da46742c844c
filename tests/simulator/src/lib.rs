//! Simulator of the four AWS services that sign people in.
