//! What wrong passwords are counted on: keyed hashes of names and accounts.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{UserId, account::User, mac, session::Session};
use store::lockouts;

use crate::{App, Result, tx::Tx};

pub(super) type Hash = [u8; 32];

/// What is counted apart.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Name = 1,
    Account = 2,
    /// In place of the account, for names that nobody has.
    Nobody = 3,
    /// In place of the account, for whoever is signed in.
    Session = 4,
}

/// The device where it has signed in to the account before; without one, all strangers together.
fn hash(app: &App, kind: Kind, device: Option<&str>, what: &[u8]) -> Hash {
    let device = device.map_or([0; 32], |it| mac::sha256(it.as_bytes()));
    app.keys.lockout.sign(&[&[kind as u8], &device, what])
}

/// What a guess is counted on.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    pub(super) user: Option<UserId>,
    pub(super) name: Option<Hash>,
    pub(super) account: Hash,
    /// What all counters of the account are found by.
    pub(super) group: Hash,
}

impl Counters {
    /// Of a sign-in by `name`. `device` is one that is known to the user.
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

    /// By what the account is known here, apart for each device that has signed in to it before, and
    /// all of them together.
    pub fn account(&self) -> (String, String) {
        (URL_SAFE_NO_PAD.encode(self.account), URL_SAFE_NO_PAD.encode(self.group))
    }

    /// Of somebody who is signed in and is asked for the password. Whoever has stolen a session must
    /// not lock its device, so that the owner can sign in there.
    pub fn of_check(app: &App, user: &User, session: &Session) -> Counters {
        Counters {
            user: Some(user.id),
            name: None,
            account: hash(app, Kind::Session, None, session.id.0.as_bytes()),
            group: hash(app, Kind::Account, None, user.id.0.as_bytes()),
        }
    }
}

/// What has to be forgotten for an account to be open again.
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
            // They may have been counted before somebody had them.
            names: [
                Some(name(&user.email.canonical())),
                user.username.as_deref().map(name),
                phone.map(name),
            ],
        }
    }

    /// Whether anything was locked.
    pub async fn write(&self, tx: &Tx) -> Result<bool> {
        let (forgotten, now) =
            (lockouts::delete_all(tx, &self.group, &self.names).await?, tx.now());
        Ok(forgotten.iter().any(|it| it.locked_until.is_some_and(|until| until > now)))
    }
}
