//! The device flows that this isolate polls AWS for. AWS limits the rate for all clients of this service together. So only one
//! of several requests with the same device handle polls, and sequential requests poll once per interval.

use std::cell::RefCell;
use std::collections::HashMap;

/// Maximum number of device flows that are polled at the same time. Further requests are refused.
const MAX_POLLS: usize = 4_096;

/// Maximum number of device flows whose last poll is remembered. If there are more, all are forgotten. AWS then responds with
/// `slow_down` to polls that are too early.
const MAX_REMEMBERED: usize = 4_096;

/// Maximum time until the next poll in milliseconds: the lifetime of a device code. A longer one means that the clock was set back.
const MAX_DELAY_MS: f64 = 600_000.0;

/// The device flows that are being polled.
#[derive(Debug, Default)]
pub struct DevicePolls(RefCell<State>);

#[derive(Debug, Default)]
struct State {
    last_number: u64,
    by_handle: HashMap<String, Poll>,
    /// The earliest time of the next poll, in milliseconds since 1970, by device handle.
    not_before: HashMap<String, f64>,
}

#[derive(Debug)]
struct Poll {
    number: u64,
    /// Milliseconds since 1970. The runtime may drop a request without running the code that ends its poll.
    ends_at: f64,
}

/// The result of [`DevicePolls::begin`].
#[derive(Debug)]
pub enum PollStart {
    /// The request may poll until this guard is dropped.
    Begun(Guard),
    /// Another request of this isolate is polling the same device flow.
    AlreadyPolling,
    /// This isolate is polling as many device flows as it can.
    TooMany,
}

/// The poll of one request. Dropping it ends the poll.
#[derive(Debug)]
pub struct Guard {
    polls: &'static DevicePolls,
    handle: String,
    number: u64,
}

impl DevicePolls {
    /// Begins to poll a device flow, for at most this many milliseconds.
    pub fn begin(&'static self, handle: &str, now: f64, max_ms: u32) -> PollStart {
        let mut state = self.0.borrow_mut();
        let ends_at = now + f64::from(max_ms);
        // No poll ends later than one that begins now, unless the clock was set back.
        state
            .by_handle
            .retain(|_, poll| poll.ends_at > now && poll.ends_at <= ends_at);
        if state.by_handle.contains_key(handle) {
            return PollStart::AlreadyPolling;
        }
        if state.by_handle.len() >= MAX_POLLS {
            return PollStart::TooMany;
        }
        state.last_number = state.last_number.wrapping_add(1);
        let number = state.last_number;
        let poll = Poll { number, ends_at };
        state.by_handle.insert(handle.to_owned(), poll);
        PollStart::Begun(Guard {
            polls: self,
            handle: handle.to_owned(),
            number,
        })
    }
}

impl Guard {
    /// Returns the number of milliseconds until AWS may be polled.
    #[must_use]
    pub fn delay_ms(&self, now: f64) -> u32 {
        let state = self.polls.0.borrow();
        let not_before = state.not_before.get(&self.handle);
        let delay = not_before.map_or(0.0, |not_before| not_before - now);
        if !(0.0..=MAX_DELAY_MS).contains(&delay) {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 600,000"
        )]
        let delay = delay.ceil() as u32;
        delay
    }

    /// Records that AWS must not be polled for this many milliseconds.
    pub fn delay_next(&self, now: f64, delay_ms: u32) {
        let mut state = self.polls.0.borrow_mut();
        state.not_before.retain(|_, not_before| *not_before > now);
        if state.not_before.len() >= MAX_REMEMBERED {
            state.not_before.clear();
        }
        let not_before = now + f64::from(delay_ms);
        state.not_before.insert(self.handle.clone(), not_before);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.polls.0.borrow_mut();
        let poll = state.by_handle.get(&self.handle);
        // After its time has run out, another request may have begun to poll.
        if poll.is_some_and(|poll| poll.number == self.number) {
            state.by_handle.remove(&self.handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polls() -> &'static DevicePolls {
        Box::leak(Box::default())
    }

    fn begun(polls: &'static DevicePolls, handle: &str, now: f64) -> Guard {
        match polls.begin(handle, now, 1_000) {
            PollStart::Begun(guard) => guard,
            other => panic!("{handle}: {other:?}"),
        }
    }

    #[test]
    fn device_flow_is_polled_by_one_request_at_a_time() {
        let polls = polls();
        let first = begun(polls, "a", 0.0);
        assert!(matches!(
            polls.begin("a", 1.0, 1_000),
            PollStart::AlreadyPolling
        ));
        let other = begun(polls, "b", 1.0);
        drop(first);
        let again = begun(polls, "a", 2.0);
        drop((other, again));
        assert!(polls.0.borrow().by_handle.is_empty());
    }

    #[test]
    fn poll_that_was_dropped_by_the_runtime_ends_by_the_clock() {
        let polls = polls();
        let lost = begun(polls, "a", 0.0);
        assert!(matches!(
            polls.begin("a", 999.0, 1_000),
            PollStart::AlreadyPolling
        ));
        let second = begun(polls, "a", 1_000.0);
        // The end of the lost poll must not end the poll of the next request.
        drop(lost);
        assert!(matches!(
            polls.begin("a", 1_001.0, 1_000),
            PollStart::AlreadyPolling
        ));
        drop(second);
        // A clock that was set back.
        std::mem::forget(begun(polls, "b", 9_000.0));
        drop(begun(polls, "b", 0.0));
    }

    #[test]
    fn delay_outlasts_the_request_and_ends_by_the_clock() {
        let polls = polls();
        let first = begun(polls, "a", 0.0);
        assert_eq!(first.delay_ms(0.0), 0);
        first.delay_next(0.0, 5_000);
        drop(first);
        let second = begun(polls, "a", 1_000.5);
        assert_eq!(second.delay_ms(1_000.5), 4_000);
        assert_eq!(begun(polls, "b", 1_000.5).delay_ms(1_000.5), 0);
        assert_eq!(second.delay_ms(5_000.0), 0);
        // A clock that was set back.
        second.delay_next(9_000_000.0, 5_000);
        assert_eq!(second.delay_ms(0.0), 0);
    }

    #[test]
    fn delays_are_bounded_and_expired_ones_are_dropped() {
        let polls = polls();
        for number in 0..=MAX_REMEMBERED {
            begun(polls, &number.to_string(), 0.0).delay_next(0.0, 1_000);
        }
        assert_eq!(polls.0.borrow().not_before.len(), 1);
        for number in 0..10 {
            begun(polls, &number.to_string(), 0.0).delay_next(0.0, 1_000);
        }
        begun(polls, "a", 2_000.0).delay_next(2_000.0, 1_000);
        assert_eq!(polls.0.borrow().not_before.len(), 1);
    }

    #[test]
    fn polls_are_bounded_and_expired_ones_are_dropped() {
        let polls = polls();
        for number in 0..MAX_POLLS {
            std::mem::forget(begun(polls, &number.to_string(), 0.0));
        }
        assert!(matches!(
            polls.begin("more", 1.0, 1_000),
            PollStart::TooMany
        ));
        std::mem::forget(begun(polls, "more", 1_000.0));
        assert_eq!(polls.0.borrow().by_handle.len(), 1);
    }
}
