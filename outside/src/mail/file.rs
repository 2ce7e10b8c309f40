//! Mails as files: one `.eml` each, written completely before it gets its name.
//!
//! Only their owner can read the folder and the files, because mails contain tokens.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use domain::Time;
use lettre::message::Mailbox;
use tokio::task::spawn_blocking;

use super::{Mail, MailError, compose::compose};

/// A folder for mails.
pub struct Folder {
    path: PathBuf,
    from: Mailbox,
    /// Distinguishes two writers of the same mail.
    written: AtomicU64,
}

impl Folder {
    /// Opens or creates the folder at `path`, written `folder` or `//folder`.
    pub(super) fn open(path: &str, from: Mailbox) -> Result<Folder, MailError> {
        let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
        if path.as_os_str().is_empty() {
            return Err(MailError::Permanent("email.url names no folder".into()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|error| {
            MailError::Permanent(format!("the folder of mails {}: {error}", path.display()))
        })?;
        Ok(Folder { path, from, written: AtomicU64::new(0) })
    }

    pub(super) async fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        let bytes = compose(mail, &self.from, now)?.formatted();
        let count = self.written.fetch_add(1, Ordering::Relaxed);
        let draft = self.path.join(format!(".{}.{}.{count}", mail.id, std::process::id()));
        let file = self.path.join(format!("{}.eml", mail.id));
        let folder = self.path.clone();
        spawn_blocking(move || write(&folder, &draft, &file, &bytes))
            .await
            .map_err(|error| MailError::Temporary(error.to_string()))?
            .map_err(|error| MailError::Temporary(format!("a file of a mail: {error}")))
    }
}

fn write(folder: &Path, draft: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = write_draft(draft, bytes).and_then(|()| fs::rename(draft, file));
    if written.is_err() {
        // The first error is the one to report; a draft that remains is never taken for a mail.
        let _ = fs::remove_file(draft);
    }
    written?;
    // The name is durable once the folder is.
    File::open(folder)?.sync_all()
}

fn write_draft(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}
