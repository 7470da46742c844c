//! Ends things before their time.

use crate::attribution::Origin;
use crate::misbehaviour::Only;
use crate::simulator::{Simulator, lock};

impl Simulator {
    /// Whatever belongs to that line is over from now on. Returns how many things that were.
    pub(crate) fn expire(&self, only: &Only) -> usize {
        let now = self.clock.now();
        let mut world = lock(&self.world);
        let before = world.clone();
        let mut count = 0;
        let mut end = |at: &mut i64| {
            if *at > now {
                *at = now;
                count += 1;
            }
        };
        for (id, client) in &mut world.clients {
            let origin = Origin {
                client_id: Some(id.clone()),
                client_name: Some(client.name.clone()),
                ..Origin::default()
            };
            if origin.is(only) {
                end(&mut client.expires_at);
            }
        }
        for (code, device) in &mut world.devices {
            if Origin::of_device(code, &before).is(only) {
                end(&mut device.expires_at);
            }
        }
        for session in world.sessions.values_mut() {
            if Origin::of_session(session, &before).is(only) {
                end(&mut session.expires_at);
            }
        }
        for session in world.refresh_tokens.values_mut() {
            if Origin::of_session(session, &before).is(only) {
                end(&mut session.expires_at);
            }
        }
        for (id, key) in &mut world.keys {
            let mut origin = key
                .session
                .as_ref()
                .map(|session| Origin::of_session(session, &before))
                .unwrap_or_default();
            origin.access_key_id = Some(id.clone());
            if let Some(expiration) = &mut key.credentials.expiration
                && origin.is(only)
            {
                end(expiration);
            }
        }
        count
    }
}
