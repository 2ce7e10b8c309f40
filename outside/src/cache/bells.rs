//! Wake-ups inside the process: whoever hangs a bell on a channel hears each ring of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Bells(Mutex<Vec<(&'static str, Arc<Notify>)>>);

/// A bell that hangs for as long as this lives.
pub(super) struct Hung {
    bells: Arc<Bells>,
    channel: &'static str,
    notify: Arc<Notify>,
}

impl Bells {
    pub(super) fn hang(self: &Arc<Bells>, channel: &'static str, notify: Arc<Notify>) -> Hung {
        self.all().push((channel, notify.clone()));
        Hung { bells: self.clone(), channel, notify }
    }

    pub(super) fn ring(&self, channel: &str) {
        // A permit, not a shout: a listener that is busy right now looks again when it is done.
        self.all().iter().filter(|it| it.0 == channel).for_each(|it| it.1.notify_one());
    }

    fn all(&self) -> MutexGuard<'_, Vec<(&'static str, Arc<Notify>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        let mut all = self.bells.all();
        let is_this = |(channel, notify): &(&str, Arc<Notify>)| {
            *channel == self.channel && Arc::ptr_eq(notify, &self.notify)
        };
        if let Some(at) = all.iter().position(is_this) {
            all.swap_remove(at);
        }
    }
}
