//! Sentences for people, as the program writes them: in English, gathered by the linker, so that one
//! test finds those that a language lacks.

use std::fmt;

use serde::{Serialize, Serializer};

/// Every `say!` of the program.
#[allow(unsafe_code, reason = "a section of the linker's, whose types linkme checks")]
#[linkme::distributed_slice]
pub static SENTENCES: [Registered];

/// A sentence and where it is written.
#[derive(Debug)]
pub struct Registered {
    pub text: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// A sentence that is registered in [`SENTENCES`], so every language has it. [`say!`](crate::say)
/// makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sentence(&'static str);

impl Sentence {
    /// For [`say!`](crate::say) alone.
    #[doc(hidden)]
    pub const fn of_registered(text: &'static str) -> Sentence {
        Sentence(text)
    }

    /// In English.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl From<Sentence> for String {
    fn from(sentence: Sentence) -> String {
        sentence.0.to_owned()
    }
}

/// A [`Sentence`](crate::Sentence) for people, in English. It has an entry with the same words in
/// every `locales/*.ftl`.
#[macro_export]
macro_rules! say {
    ($text:literal) => {{
        #[allow(unsafe_code, reason = "a section of the linker's, whose types linkme checks")]
        #[$crate::sentence::linkme::distributed_slice($crate::sentence::SENTENCES)]
        #[linkme(crate = $crate::sentence::linkme)]
        static SENTENCE: $crate::sentence::Registered =
            $crate::sentence::Registered { text: $text, file: file!(), line: line!() };
        $crate::Sentence::of_registered($text)
    }};
}

/// For the expansion of [`say!`](crate::say) in other crates.
#[doc(hidden)]
pub use linkme;
