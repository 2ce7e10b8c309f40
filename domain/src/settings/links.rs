//! `[links]`: the settings of each row of the table of purposes.

use super::{purposes, section};
use crate::Span;

macro_rules! links {
    ($(
        $(#[doc = $about:literal])+
        $name:ident $word:literal, $noun:literal,
            lifetime: $section:ident.$lifetime:ident $(= $default:expr)?
            $(, page: $path:literal, $url:ident)?;
    )+) => {
        section! {
            /// Links in mails: how long they are good for and where they lead.
            pub struct Links {
                $(
                    $(
                        #[doc = concat!(" How long ", $noun, " is good for.")]
                        pub $lifetime: Span = $default,
                    )?
                    $(
                        #[doc = concat!(" Where ", $noun, " leads, with `{token}` for the token.")]
                        /// Empty: a page of this server.
                        pub $url: String = String::new(),
                    )?
                )+
                /// How long an exchange token is good for.
                pub exchange_lifetime: Span = Span::seconds(60),
            }
        }
    };
}
purposes!(links);
