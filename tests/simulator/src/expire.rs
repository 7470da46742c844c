//! Expires what belongs to a sign-in, for a test that does not wait.

use crate::correlation::Correlation;
use crate::rules::Filter;
use crate::shared::{Shared, lock};

impl Shared {
    /// Expires client registrations, device codes, tokens and role sessions. Returns how many.
    pub(crate) fn expire(&self, filter: &Filter) -> usize {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let before = state.clone();
        let mut count = 0;
        let mut expire = |expires_at: &mut i64, correlation: &Correlation| {
            if correlation.matches(filter) && *expires_at > now {
                *expires_at = now;
                count += 1;
            }
        };
        for (id, client) in &mut state.clients {
            let correlation = Correlation {
                client_id: Some(id.clone()),
                client_name: Some(client.name.clone()),
                ..Correlation::default()
            };
            expire(&mut client.expires_at, &correlation);
        }
        for (code, device) in &mut state.devices {
            expire(
                &mut device.expires_at,
                &Correlation::of_device(code, &before),
            );
        }
        for session in state.sessions.values_mut() {
            let correlation = Correlation::of_session(session, &before);
            expire(&mut session.expires_at, &correlation);
        }
        for session in state.refresh_tokens.values_mut() {
            let correlation = Correlation::of_session(session, &before);
            expire(&mut session.expires_at, &correlation);
        }
        for (id, key) in &mut state.access_keys {
            let session = key.session.as_ref();
            let correlation = session.map(|session| Correlation::of_session(session, &before));
            let correlation = Correlation {
                access_key_id: Some(id.clone()),
                ..correlation.unwrap_or_default()
            };
            if let Some(expiration) = &mut key.credentials.expiration {
                expire(expiration, &correlation);
            }
        }
        count
    }
}
