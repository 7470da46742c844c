//! Second factors: codes are used once, cannot be guessed, and no route gives a session without the factor that it demands.

mod binding;
mod bypass;
mod changes;
mod cleanup;
mod guesses;
mod lockout;
mod once;
mod secrets;
mod session_races;
