//! What a password is compared with where nobody has the name: a hash of the kind that somebody's
//! might be. Were it always of today's kind, names whose hash is older or came from elsewhere would
//! stand out by their time.

use std::{collections::BTreeMap, sync::Arc};

/// How many names out of all get which dummy.
#[derive(Debug, Clone)]
pub struct Mix(Vec<Share>);

#[derive(Debug, Clone)]
struct Share {
    /// Of what is drawn, the first that is beyond this share.
    end: u64,
    dummy: Arc<str>,
}

/// How many stored hashes there are of each kind: everything in a PHC string before the salt.
#[derive(Debug, Clone, Default)]
pub struct Census(BTreeMap<String, u64>);

impl Census {
    /// One that is damaged is its owner's trouble, and no dummy for others.
    pub fn count(&mut self, hash: &str) {
        if let (Some(kind), Some(_)) = (kind(hash), super::parts(hash)) {
            *self.0.entry(kind.to_owned()).or_default() += 1;
        }
    }
}

/// `$argon2id$v=19$m=19456,t=2,p=1` of `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
fn kind(hash: &str) -> Option<&str> {
    let (rest, _) = hash.rsplit_once('$')?;
    rest.rsplit_once('$').map(|(kind, _)| kind)
}

impl Mix {
    /// Everybody gets this one.
    pub fn of(dummy: &str) -> Mix {
        Mix(vec![Share { end: u64::MAX, dummy: dummy.into() }])
    }

    /// In the proportions of a census; `dummy` has the salt and the hash that all dummies get, and
    /// is the one for everybody where nobody was counted.
    pub fn new(census: &Census, dummy: &str) -> Mix {
        let all: u64 = census.0.values().sum();
        let Some(tail) = kind(dummy).and_then(|it| dummy.strip_prefix(it)).filter(|_| all > 0)
        else {
            return Mix::of(dummy);
        };
        let mut counted = 0;
        let shares = census.0.iter().map(|(kind, count)| {
            counted += count;
            let end = u128::from(u64::MAX) * u128::from(counted) / u128::from(all);
            let end = u64::try_from(end).unwrap_or(u64::MAX);
            Share { end, dummy: format!("{kind}{tail}").into() }
        });
        Mix(shares.collect())
    }

    /// Always the same for the same name, of which this is a keyed hash.
    pub fn draw(&self, name: &[u8; 32]) -> Option<Arc<str>> {
        let drawn = name.first_chunk().map(|it| u64::from_be_bytes(*it))?;
        let share = self.0.iter().find(|it| drawn < it.end).or(self.0.last());
        share.map(|it| it.dummy.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";

    fn name(number: u8) -> [u8; 32] {
        [number; 32]
    }

    #[test]
    fn names_are_shared_out_as_hashes_are() {
        let mut census = Census::default();
        for number in 0..4 {
            let memory = if number == 0 { 8 } else { 64 };
            let hash = format!("$argon2id$v=19$m={memory},t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");
            census.count(&hash);
        }
        census.count("no hash at all");
        let mix = Mix::new(&census, TODAY);
        let drawn: Vec<_> = (0..=255).map(|it| mix.draw(&name(it)).unwrap()).collect();
        let today = drawn.iter().filter(|it| &***it == TODAY).count();
        assert_eq!(today, 256 - 64);
        assert!(
            drawn
                .iter()
                .any(|it| &**it == "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo")
        );
    }

    #[test]
    fn where_nobody_was_counted_everybody_gets_the_hash_of_today() {
        let mix = Mix::new(&Census::default(), TODAY);
        assert!((0..=255).all(|it| &*mix.draw(&name(it)).unwrap() == TODAY));
    }
}
