//! Wake-ups inside the process: the listeners of each channel.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Listeners(Mutex<Vec<(&'static str, Arc<Notify>)>>);

/// A registered listener. It is removed when this is dropped.
pub(super) struct Listening {
    listeners: Arc<Listeners>,
    channel: &'static str,
    notify: Arc<Notify>,
}

impl Listeners {
    pub(super) fn add(
        self: &Arc<Listeners>,
        channel: &'static str,
        notify: Arc<Notify>,
    ) -> Listening {
        self.all().push((channel, notify.clone()));
        Listening { listeners: self.clone(), channel, notify }
    }

    pub(super) fn notify(&self, channel: &str) {
        // `notify_one` leaves a permit, so a listener that is busy now looks again when it is done.
        self.all().iter().filter(|it| it.0 == channel).for_each(|it| it.1.notify_one());
    }

    fn all(&self) -> MutexGuard<'_, Vec<(&'static str, Arc<Notify>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut all = self.listeners.all();
        let is_this = |(channel, notify): &(&str, Arc<Notify>)| {
            *channel == self.channel && Arc::ptr_eq(notify, &self.notify)
        };
        if let Some(at) = all.iter().position(is_this) {
            all.swap_remove(at);
        }
    }
}
