//! Invisible characters.

use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint};

/// Join controls, which belong to the spelling of some languages and to many emoji.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

pub fn is_joiner(letter: char) -> bool {
    JOINERS.contains(&letter)
}

/// Whether fonts show nothing for it, whatever its category (`Default_Ignorable_Code_Point`;
/// Unicode, section 5.21): join controls, variation selectors, fillers.
pub fn is_ignorable(letter: char) -> bool {
    DefaultIgnorableCodePoint::for_char(letter)
}
