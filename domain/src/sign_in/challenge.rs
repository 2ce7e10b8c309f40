//! What can be pending between the steps of a sign-in, each kind with its lifetime.

use crate::{Span, settings::Settings};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal, $section:ident.$lifetime:ident;)+) => {
        /// A kind of pending step. A token of one kind is not valid for another.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ChallengeKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ChallengeKind {
            pub const ALL: &[ChallengeKind] = &[$(ChallengeKind::$name),+];

            pub const fn word(self) -> &'static str {
                match self { $(ChallengeKind::$name => $word),+ }
            }

            /// How long it stays pending.
            pub const fn lifetime(self, settings: &Settings) -> Span {
                match self { $(ChallengeKind::$name => settings.$section.$lifetime),+ }
            }
        }
    };
}

kinds! {
    /// An exchange token: starts a session, for the browser or app that began the flow.
    Exchange "exchange", links.exchange_lifetime;
}
