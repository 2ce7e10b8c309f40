//! The audit log: every security event is one row, written in the transaction of the change.

mod entry;

pub(crate) use self::entry::Entry;
