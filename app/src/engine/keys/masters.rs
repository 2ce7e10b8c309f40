//! Keys that are derived from the master secrets. The current one makes new values; older ones only
//! verify and open.
//!
//! One byte of a refresh token names its master secret. It is derived from the secret, so that it
//! is the same on every node, and when the order changes.

use domain::{
    Secret,
    mac::{MacKey, derive},
    session::{Session, device::DeviceId, refresh::RefreshToken},
    settings::Settings,
};

use super::{Seal, master};
use crate::{OpenError, Result};

/// The current seal, and older ones that only open.
pub struct Seals {
    current: Seal,
    previous: Vec<Seal>,
}

impl Seals {
    pub fn close(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        self.current.close(context, plain)
    }

    /// `None`: tampered with, of another context, or sealed under an unknown master secret.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let older = || self.previous.iter().find_map(|it| it.open(context, sealed));
        self.current.open(context, sealed).or_else(older)
    }

    /// Reseals under the current master secret. `None`: no known one opens it.
    pub fn resealed(&self, context: &str, sealed: &[u8]) -> Option<Result<Renewed>> {
        if self.current.open(context, sealed).is_some() {
            return Some(Ok(Renewed::Already));
        }
        let plain = self.previous.iter().find_map(|it| it.open(context, sealed))?;
        Some(self.close(context, &plain).map(Renewed::Resealed))
    }
}

/// The result of [`Seals::resealed`].
pub enum Renewed {
    /// Already under the current master secret.
    Already,
    Resealed(Vec<u8>),
}

struct Master {
    /// The byte in refresh tokens.
    id: u8,
    refresh: MacKey,
    device: MacKey,
}

/// All master secrets.
pub struct Masters {
    /// The current one is first.
    secrets: Vec<Secret>,
    current: Master,
    previous: Vec<Master>,
}

impl Masters {
    /// The configured secrets. Refuses two with the same id.
    pub fn open(settings: &Settings) -> Result<Masters, OpenError> {
        let mut secrets = vec![master::secret(settings)?];
        for older in &settings.secrets.previous {
            if older.expose().len() < master::MIN_LENGTH {
                let text = "a secret in secrets.previous has fewer than 32 characters";
                return Err(OpenError::Settings(text.into()));
            }
            secrets.push(older.clone());
        }
        Masters::of(secrets)
    }

    fn of(secrets: Vec<Secret>) -> Result<Masters, OpenError> {
        let mut masters: Vec<Master> = Vec::new();
        for secret in &secrets {
            let made = Master::of(secret);
            if masters.iter().any(|it| it.id == made.id) {
                let text = "secrets.master and secrets.previous: two of them are equal, or share \
                            their short id; choose another secrets.master";
                return Err(OpenError::Settings(text.into()));
            }
            masters.push(made);
        }
        let previous = masters.split_off(1.min(masters.len()));
        let none = || OpenError::Settings("there is no master secret".into());
        Ok(Masters { secrets, current: masters.pop().ok_or_else(none)?, previous })
    }

    fn all(&self) -> impl Iterator<Item = &Master> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The seals for one purpose.
    pub fn seals(&self, purpose: &str) -> Result<Seals> {
        let seal = |it: &Secret| Seal::new(&derive(it.expose().as_bytes(), purpose));
        let mut all = self.secrets.iter().map(seal).collect::<Result<Vec<Seal>>>()?;
        let previous = all.split_off(1.min(all.len()));
        let current = all.pop().ok_or_else(|| super::crypto("sealing key"))?;
        Ok(Seals { current, previous })
    }

    /// The key for one purpose, from the current master secret.
    pub fn mac(&self, purpose: &str) -> Result<MacKey> {
        let current = self.secrets.first().ok_or_else(|| super::crypto("derived key"))?;
        Ok(MacKey::new(&derive(current.expose().as_bytes(), purpose)))
    }

    /// The refresh token of one generation of a session.
    pub fn refresh_token(&self, session: &Session, generation: i64) -> Secret {
        let Master { id, refresh, .. } = &self.current;
        RefreshToken::derive(session, generation, *id, refresh).encode()
    }

    /// Whether a refresh token was issued for this session.
    pub fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
        let maker = self.all().find(|it| it.id == token.key_id);
        maker.is_some_and(|it| token.is_genuine(session, &it.refresh))
    }

    /// The signed cookie of a device.
    pub fn device_cookie(&self, device: DeviceId) -> String {
        device.seal(&self.current.device)
    }

    /// The device of a cookie. `None`: the cookie is not ours.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.all().find_map(|it| DeviceId::open(cookie, &it.device))
    }
}

impl Master {
    fn of(secret: &Secret) -> Master {
        let master = secret.expose().as_bytes();
        let [id, ..] = derive(master, "id");
        Master {
            id,
            refresh: MacKey::new(&derive(master, "refresh tokens")),
            device: MacKey::new(&derive(master, "device cookie")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters(texts: &[&str]) -> Result<Masters, OpenError> {
        Masters::of(texts.iter().map(|it| Secret::from(*it)).collect())
    }

    #[test]
    fn older_masters_open_and_are_renewed() {
        let old = masters(&["old master"]).unwrap().seals("x").unwrap();
        let sealed = old.close("row", b"text").unwrap();
        let both = masters(&["new master", "old master"]).unwrap().seals("x").unwrap();
        let new = masters(&["new master"]).unwrap().seals("x").unwrap();
        assert_eq!(both.open("row", &sealed).unwrap(), b"text");
        assert_eq!(new.open("row", &sealed), None);
        assert!(new.resealed("row", &sealed).is_none());
        let Some(Ok(Renewed::Resealed(renewed))) = both.resealed("row", &sealed) else { panic!() };
        assert_eq!(new.open("row", &renewed).unwrap(), b"text");
        assert!(matches!(both.resealed("row", &renewed), Some(Ok(Renewed::Already))));
    }

    #[test]
    fn devices_of_older_masters_are_known() {
        let device = DeviceId([7; 16]);
        let cookie = masters(&["old master"]).unwrap().device_cookie(device);
        assert_eq!(masters(&["new", "old master"]).unwrap().device(&cookie), Some(device));
        assert_eq!(masters(&["new"]).unwrap().device(&cookie), None);
    }

    #[test]
    fn masters_that_share_their_id_are_refused() {
        assert!(masters(&["same", "same"]).is_err());
        let id = |it: &str| Master::of(&it.into()).id;
        let first = "master 0";
        let twin = (1..).map(|it| format!("master {it}")).find(|it| id(it) == id(first)).unwrap();
        assert!(masters(&[first, &twin]).is_err());
    }
}
