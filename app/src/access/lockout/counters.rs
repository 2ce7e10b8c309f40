//! The keys that wrong passwords are counted under: keyed hashes of names and accounts.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{UserId, account::User, mac, session::Session};
use store::lockouts;

use crate::{App, Result, tx::Tx};

pub(super) type Hash = [u8; 32];

/// Each kind is counted separately.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Name = 1,
    Account = 2,
    /// In place of the account, for unknown names.
    Nobody = 3,
    /// In place of the account, for a check during a session.
    Session = 4,
}

/// `device` is one that has signed in to the account before. All other devices share one count.
fn hash(app: &App, kind: Kind, device: Option<&str>, what: &[u8]) -> Hash {
    let device = device.map_or([0; 32], |it| mac::sha256(it.as_bytes()));
    app.keys.lockout.sign(&[&[kind as u8], &device, what])
}

/// The keys that a guess is counted under.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    pub(super) user: Option<UserId>,
    pub(super) name: Option<Hash>,
    pub(super) account: Hash,
    /// Groups all counters of the account, to delete them together.
    pub(super) group: Hash,
}

impl Counters {
    /// For a sign-in by `name`. `device` is one that is known to the user.
    pub fn of_sign_in(
        app: &App,
        name: &str,
        user: Option<UserId>,
        device: Option<&str>,
    ) -> Counters {
        let account = |device| match user {
            Some(user) => hash(app, Kind::Account, device, user.0.as_bytes()),
            None => hash(app, Kind::Nobody, device, name.as_bytes()),
        };
        Counters {
            user,
            name: Some(hash(app, Kind::Name, device, name.as_bytes())),
            account: account(device),
            group: account(None),
        }
    }

    /// The keys of the account in rate limits: one for the known device, and one for all devices.
    pub fn account(&self) -> (String, String) {
        (URL_SAFE_NO_PAD.encode(self.account), URL_SAFE_NO_PAD.encode(self.group))
    }

    /// For a password check during a session. It has its own count: whoever stole a session must
    /// not lock the device, so that the owner can still sign in there.
    pub fn of_check(app: &App, user: &User, session: &Session) -> Counters {
        Counters {
            user: Some(user.id),
            name: None,
            account: hash(app, Kind::Session, None, session.id.0.as_bytes()),
            group: hash(app, Kind::Account, None, user.id.0.as_bytes()),
        }
    }
}

/// The counters to delete to unlock an account.
#[derive(Debug, Clone)]
pub(crate) struct Unlock {
    group: Hash,
    names: [Option<Hash>; 3],
}

impl Unlock {
    pub fn of(app: &App, user: &User) -> Unlock {
        let name = |it: &str| hash(app, Kind::Name, None, it.as_bytes());
        let phone = user.phone_number.as_deref().filter(|_| user.phone_verified_at.is_some());
        Unlock {
            group: hash(app, Kind::Account, None, user.id.0.as_bytes()),
            // The names may have been counted before the user had them.
            names: [
                Some(name(&user.email.canonical())),
                user.username.as_deref().map(name),
                phone.map(name),
            ],
        }
    }

    /// Returns whether anything was locked.
    pub async fn write(&self, tx: &Tx) -> Result<bool> {
        let (forgotten, now) =
            (lockouts::delete_all(tx, &self.group, &self.names).await?, tx.now());
        Ok(forgotten.iter().any(|it| it.locked_until.is_some_and(|until| until > now)))
    }
}
