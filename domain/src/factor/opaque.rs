//! The normal form in which a password is hashed and compared: the profile OpaqueString (RFC 8265,
//! section 4.2). Keyboards and systems encode the same letters in different ways; a password typed
//! on one has to be right on another.
//!
//! There are two differences to the RFC, both more lenient. Characters are checked after
//! normalization, so that decomposed Hangul is accepted. The contextual rules (RFC 5892, appendix
//! A) are left out: they keep look-alikes apart, which nobody reads in a password.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use crate::{
    Secret,
    invisible::{is_ignorable, is_joiner},
};

/// Characters that the FreeformClass (RFC 8264, section 4.3) excludes, beside those of whole
/// categories and the invisible ones.
const DISALLOWED: [(char, char); 10] = [
    // Conjoining Hangul (RFC 8264, section 9.9).
    ('\u{1100}', '\u{11ff}'),
    ('\u{a960}', '\u{a97c}'),
    ('\u{d7b0}', '\u{d7fb}'),
    // RFC 5892, section 2.6.
    ('\u{640}', '\u{640}'),
    ('\u{7fa}', '\u{7fa}'),
    ('\u{302e}', '\u{302f}'),
    ('\u{3031}', '\u{3035}'),
    ('\u{303b}', '\u{303b}'),
    // Noncharacters.
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fffe}', '\u{ffff}'),
];

/// The normal form of `text`. `None`: it is empty, or has characters that a password must not have.
pub fn prepare(text: &Secret) -> Option<Secret> {
    let space = |it: char| match it.general_category() {
        GeneralCategory::SpaceSeparator => ' ',
        _ => it,
    };
    let prepared: String = text.expose().chars().map(space).nfc().collect();
    let prepared = Secret::from(prepared);
    let is_opaque = !prepared.is_empty() && prepared.expose().chars().all(is_freeform);
    is_opaque.then_some(prepared)
}

fn is_freeform(letter: char) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned,
    };
    if letter.is_ascii_graphic() || letter == ' ' {
        return true;
    }
    let is_within = |(first, last): &(char, char)| (*first..=*last).contains(&letter);
    let has_no_place = matches!(
        letter.general_category(),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
    );
    let is_disallowed = is_ignorable(letter) || DISALLOWED.iter().any(is_within);
    is_joiner(letter) || !has_no_place && !is_disallowed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prepared(text: &str) -> Option<String> {
        prepare(&text.into()).map(|it| it.expose().to_owned())
    }

    #[test]
    fn what_is_typed_has_one_form() {
        let cases = [
            // RFC 8265, section 4.3, table 3.
            ("correct horse battery staple", "correct horse battery staple"),
            ("Correct Horse Battery Staple", "Correct Horse Battery Staple"),
            ("\u{3c0}\u{df}\u{e5}", "\u{3c0}\u{df}\u{e5}"),
            ("Jack of \u{2666}s", "Jack of \u{2666}s"),
            ("foo\u{1680}bar", "foo bar"),
            ("Gru\u{308}\u{df}e", "Gr\u{fc}\u{df}e"),
            (" a\u{a0}\u{3000} ", " a   "),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("\u{1f469}\u{200d}\u{1f680}\u{1fae0}", "\u{1f469}\u{200d}\u{1f680}\u{1fae0}"),
        ];
        for (text, form) in cases {
            assert_eq!(prepared(text).as_deref(), Some(form), "{text:?}");
        }
    }

    #[test]
    fn what_no_password_may_have_is_refused() {
        let wrong = [
            "",
            "my cat is a \tby",
            "a\0",
            "a\u{85}",
            "a\u{ad}b",
            "a\u{200b}b",
            "a\u{202e}b",
            "\u{feff}a",
            "a\u{fe0f}",
            "a\u{34f}",
            "a\u{17b4}",
            "a\u{180b}",
            "a\u{e0100}",
            "a\u{ffa0}",
            "\u{e000}",
            "\u{1112}",
            "\u{ffff}",
            "\u{378}",
            "a\u{2028}",
            "\u{e0041}",
            "\u{3164}",
        ];
        for text in wrong {
            assert_eq!(prepared(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_prepared_text_stays_as_it_is(text in "\\PC{0,40}") {
            if let Some(once) = prepared(&text) {
                prop_assert_eq!(prepared(&once), Some(once));
            }
        }
    }
}
