//! The hashes that unknown names are checked against, of the kinds that accounts have. If they were
//! always of the current kind, accounts with older or imported hashes would stand out by their
//! time.

use std::sync::Arc;

use domain::factor::phc;
use store::hash_kinds::HashKind;

/// The distribution of dummy hashes over names.
#[derive(Debug, Clone)]
pub struct Mix(Vec<Bucket>);

#[derive(Debug, Clone)]
struct Bucket {
    /// The exclusive upper bound of the numbers in this bucket.
    end: u64,
    dummy: Arc<str>,
}

impl Mix {
    /// One dummy for all names.
    pub fn of(dummy: &str) -> Mix {
        Mix(vec![Bucket { end: u64::MAX, dummy: dummy.into() }])
    }

    /// Dummies in the proportions of the accounts. They have the salt and the hash of `dummy`,
    /// which is also the only one if no account has a hash. A kind that cannot be computed is left
    /// out: it is from a damaged hash.
    pub fn new(kinds: &[HashKind], dummy: &str) -> Mix {
        let tail = phc::kind(dummy).and_then(|it| dummy.strip_prefix(it)).unwrap_or_default();
        let mut dummies: Vec<(Arc<str>, u128)> = Vec::new();
        for it in kinds {
            let dummy = format!("{}{tail}", it.kind);
            let accounts = u128::try_from(it.accounts).unwrap_or_default();
            if accounts > 0 && super::parts(&dummy).is_some() {
                dummies.push((dummy.into(), accounts));
            }
        }
        let all: u128 = dummies.iter().map(|it| it.1).sum();
        if all == 0 {
            return Mix::of(dummy);
        }
        let mut counted = 0;
        let buckets = dummies.into_iter().map(|(dummy, accounts)| {
            counted += accounts;
            let end = u128::from(u64::MAX) * counted / all;
            Bucket { end: u64::try_from(end).unwrap_or(u64::MAX), dummy }
        });
        Mix(buckets.collect())
    }

    /// Always the same dummy for the same name. `name` is a keyed hash.
    pub fn draw(&self, name: &[u8; 32]) -> Option<Arc<str>> {
        let drawn = name.first_chunk().map(|it| u64::from_be_bytes(*it))?;
        let bucket = self.0.iter().find(|it| drawn < it.end).or(self.0.last());
        bucket.map(|it| it.dummy.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";

    fn name(number: u8) -> [u8; 32] {
        [number; 32]
    }

    fn kind(kind: &str, accounts: i64) -> HashKind {
        HashKind { kind: kind.into(), accounts }
    }

    #[test]
    fn names_are_shared_out_as_hashes_are() {
        let kinds = [
            kind("$argon2id$v=19$m=1,t=1,p=1", 9),
            kind("$argon2id$v=19$m=64,t=1,p=1", 3),
            kind("$argon2id$v=19$m=8,t=1,p=1", 1),
            kind("$argon2id$v=19$m=16,t=1,p=1", 0),
            kind("no hash at all", 7),
        ];
        let mix = Mix::new(&kinds, TODAY);
        let drawn: Vec<_> = (0..=255).map(|it| mix.draw(&name(it)).unwrap()).collect();
        let count = |dummy: &str| drawn.iter().filter(|it| &***it == dummy).count();
        assert_eq!(count(TODAY), 256 - 64);
        assert_eq!(count("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"), 64);
    }

    #[test]
    fn counts_of_any_size_are_shared_out() {
        let (old, today) = ("$argon2id$v=19$m=8,t=1,p=1", "$argon2id$v=19$m=64,t=1,p=1");
        let mix = Mix::new(&[kind(old, i64::MAX), kind(today, i64::MAX)], TODAY);
        let drawn = (0..=255).filter(|it| &*mix.draw(&name(*it)).unwrap() == TODAY).count();
        assert_eq!(drawn, 128);
    }

    #[test]
    fn where_nobody_was_counted_everybody_gets_the_hash_of_today() {
        for kinds in [
            vec![],
            vec![kind("$argon2id$v=19$m=8,t=1,p=1", -1)],
            vec![kind("$argon2id$v=19$m=1,t=1,p=1", 1)],
        ] {
            let mix = Mix::new(&kinds, TODAY);
            assert!((0..=255).all(|it| &*mix.draw(&name(it)).unwrap() == TODAY));
        }
    }
}
