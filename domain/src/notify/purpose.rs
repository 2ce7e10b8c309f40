//! What single-use tokens are good for: the one table of mailed links, from which their settings,
//! lifetimes, addresses and pages are made.

use crate::{
    Span,
    settings::{Links, Settings, purposes},
};

macro_rules! define {
    ($(
        $(#[doc = $about:literal])+
        $name:ident $word:literal, $noun:literal,
            lifetime: $section:ident.$lifetime:ident $(= $default:expr)?
            $(, page: $path:literal, $url:ident)?;
    )+) => {
        /// What a token is good for. One of another purpose is no token at all.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Purpose {
            $($(#[doc = $about])+ $name,)+
        }

        impl Purpose {
            pub const ALL: &[Purpose] = &[$(Purpose::$name),+];

            pub const fn word(self) -> &'static str {
                match self { $(Purpose::$name => $word),+ }
            }

            /// How long a token is good for.
            pub const fn lifetime(self, settings: &Settings) -> Span {
                match self { $(Purpose::$name => settings.$section.$lifetime),+ }
            }

            /// The name of the setting that [`Purpose::lifetime`] reads.
            pub const fn lifetime_setting(self) -> &'static str {
                match self {
                    $(Purpose::$name => {
                        concat!(stringify!($section), ".", stringify!($lifetime))
                    })+
                }
            }

            /// The page of this server that such a link leads to, if it has one.
            pub const fn destination(self) -> Option<Destination> {
                match self {
                    $(Purpose::$name => {
                        let all: &[Destination] = &[$(Destination {
                            path: $path,
                            url_setting: concat!("links.", stringify!($url)),
                            url: |links| &links.$url,
                        })?];
                        all.first().copied()
                    })+
                }
            }
        }
    };
}
purposes!(define);

/// Where a mailed link leads.
#[derive(Debug, Clone, Copy)]
pub struct Destination {
    /// Begins with a slash.
    pub path: &'static str,
    /// The name of the setting that [`Destination::template`] reads.
    pub url_setting: &'static str,
    url: fn(&Links) -> &str,
}

impl Destination {
    /// The operator's own address, with `{token}` in it. `None`: the page of this server.
    pub fn template(self, links: &Links) -> Option<&str> {
        Some((self.url)(links)).filter(|it| !it.is_empty())
    }

    /// The address that a mail has in it, on a server that people reach under `public_url`.
    pub fn address(self, links: &Links, public_url: &str, token: &str) -> String {
        match self.template(links) {
            Some(template) => template.replace("{token}", token),
            None => format!("{public_url}{}?token={token}", self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::notify::Letter;

    #[test]
    fn words_and_paths_are_used_once() {
        let words: BTreeSet<_> = Purpose::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), Purpose::ALL.len());
        let destinations: Vec<_> = Purpose::ALL.iter().filter_map(|it| it.destination()).collect();
        let paths: BTreeSet<_> = destinations.iter().map(|it| it.path).collect();
        assert_eq!(paths.len(), destinations.len());
        assert!(paths.iter().all(|it| it.starts_with('/')));
    }

    #[test]
    fn every_letter_with_a_link_leads_to_a_page() {
        let mut purposes = Letter::ALL.iter().filter_map(|it| it.purpose());
        assert!(purposes.all(|it| it.destination().is_some()));
    }

    #[test]
    fn an_address_is_the_operators_own_or_a_page_of_this_server() {
        let destination = Purpose::VerifyEmail.destination().unwrap();
        let mut links = Links::default();
        let address = |links: &Links| destination.address(links, "https://id.example/auth", "t0");
        assert_eq!(address(&links), "https://id.example/auth/verify-email?token=t0");
        links.verify_email_url = "https://app.example/#/verify/{token}".into();
        assert_eq!(address(&links), "https://app.example/#/verify/t0");
    }

    #[test]
    fn settings_are_named_as_they_are_declared() {
        let fields: BTreeSet<_> =
            Links::FIELDS.iter().map(|it| format!("links.{}", it.key)).collect();
        for purpose in Purpose::ALL {
            let url = purpose.destination().map(|it| it.url_setting);
            assert!(url.is_none_or(|it| fields.contains(it)), "{purpose:?}");
            let lifetime = purpose.lifetime_setting();
            assert!(!lifetime.starts_with("links.") || fields.contains(lifetime), "{purpose:?}");
        }
    }
}
