//! Password hashes as they are stored: PHC strings, `$id$v=…$parameters$salt$hash`.

/// Everything before the salt, which is what the cost of verifying a hash depends on. `None`: it is
/// not a PHC string with a salt and a hash.
pub fn kind(hash: &str) -> Option<&str> {
    let (rest, _) = hash.rsplit_once('$')?;
    rest.rsplit_once('$').map(|(kind, _)| kind).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_ends_before_the_salt() {
        let cases = [
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
                Some("$argon2id$v=19$m=19456,t=2,p=1"),
            ),
            ("$a$salt$hash", Some("$a")),
            ("$salt$hash", None),
            ("$hash", None),
            ("no hash", None),
            ("", None),
        ];
        for (hash, expected) in cases {
            assert_eq!(kind(hash), expected, "{hash:?}");
        }
    }
}
