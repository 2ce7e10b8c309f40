//! The state of handlers.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use app::App;
use domain::session::device::DeviceId;

use crate::{page::Pages, site::Site};

/// The state of every handler; cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Parts>);

/// The parts of a [`WebState`].
pub struct Parts {
    pub app: App,
    pub site: Arc<Site>,
    pub pages: Pages,
    pub ready: Ready,
}

impl WebState {
    pub fn new(app: App, site: Arc<Site>, pages: Pages, ready: Ready) -> WebState {
        WebState(Arc::new(Parts { app, site, pages, ready }))
    }

    /// Verifies a device cookie.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.app.device(cookie)
    }
}

impl Deref for WebState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Whether load balancers should send requests here: off while the server starts and stops.
#[derive(Debug, Clone, Default)]
pub struct Ready(Arc<AtomicBool>);

impl Ready {
    pub fn on(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn off(&self) {
        self.0.store(false, Ordering::Release);
    }

    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
