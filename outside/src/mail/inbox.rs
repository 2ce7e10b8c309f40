//! The inbox of `inbox:`: the latest mails in memory, for development and tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Time;
use lettre::message::Mailbox;
use serde::Serialize;

use super::{Mail, MailError, compose::compose};

/// How many mails are kept; the oldest are dropped first.
const KEPT: usize = 200;

/// Mails that were not sent to anybody.
#[derive(Clone)]
pub struct Inbox {
    from: Arc<Mailbox>,
    mails: Arc<Mutex<VecDeque<Kept>>>,
}

/// A mail in the inbox.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub received_at: Time,
}

impl Inbox {
    pub(super) fn new(from: Mailbox) -> Inbox {
        Inbox { from: Arc::new(from), mails: Arc::default() }
    }

    pub(super) fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        // The inbox accepts only what a mail server would get too.
        compose(mail, &self.from, now)?;
        let mut mails = self.mails();
        if mails.len() == KEPT {
            mails.pop_front();
        }
        mails.push_back(Kept {
            id: mail.id.clone(),
            to: mail.to.to_string(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            received_at: now,
        });
        Ok(())
    }

    /// All mails, the newest first.
    pub fn list(&self) -> Vec<Kept> {
        self.mails().iter().rev().cloned().collect()
    }

    /// The newest one with this id.
    pub fn by_id(&self, id: &str) -> Option<Kept> {
        self.mails().iter().rev().find(|it| it.id == id).cloned()
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
