//! The supported languages, and their negotiation.

/// A supported language. Every text exists in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Spanish,
    Arabic,
}

/// The part of a header that is parsed.
const LONGEST_HEADER: usize = 1_000;
const MOST_RANGES: usize = 32;

impl Language {
    pub const ALL: [Language; 5] = [
        Language::English,
        Language::German,
        Language::French,
        Language::Spanish,
        Language::Arabic,
    ];

    /// The language tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::French => "fr",
            Language::Spanish => "es",
            Language::Arabic => "ar",
        }
    }

    /// The `dir` attribute of its pages.
    pub const fn direction(self) -> &'static str {
        match self {
            Language::Arabic => "rtl",
            Language::English | Language::German | Language::French | Language::Spanish => "ltr",
        }
    }

    /// The language of a tag, ignoring region and script: `de-AT` is German.
    pub fn of(tag: &str) -> Option<Language> {
        let primary = tag.trim().split('-').next()?;
        Language::ALL.into_iter().find(|it| it.tag().eq_ignore_ascii_case(primary))
    }

    /// The preferred supported language of an `Accept-Language` header (RFC 9110, section 12.5.4).
    /// `None` if it names none, or prefers any.
    pub fn accepted(header: &str) -> Option<Language> {
        let header = header.get(..LONGEST_HEADER).unwrap_or(header);
        let ranges = header.split(',').take(MOST_RANGES).filter_map(Range::of);
        let liked = ranges.filter(|it| it.weight > 0);
        // The first one of the highest weight; `max_by_key` would return the last.
        let best = liked.reduce(|best, it| if it.weight > best.weight { it } else { best })?;
        best.language
    }
}

/// A language range of `Accept-Language`.
struct Range {
    /// `None`: any (`*`).
    language: Option<Language>,
    /// In thousandths.
    weight: u16,
}

impl Range {
    /// `None` for an unsupported language or a syntax error.
    fn of(text: &str) -> Option<Range> {
        let (tag, weight) = match text.split_once(';') {
            None => (text, 1_000),
            Some((tag, weight)) => (tag, thousandths(weight)?),
        };
        match tag.trim() {
            "*" => Some(Range { language: None, weight }),
            tag => Language::of(tag).map(|it| Range { language: Some(it), weight }),
        }
    }
}

/// `q=0.75` in thousandths.
fn thousandths(weight: &str) -> Option<u16> {
    let (name, value) = weight.trim().split_once('=')?;
    let value: f32 = value.trim().parse().ok()?;
    let is_weight = name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&value);
    is_weight.then(|| (value * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_heaviest_language_that_we_have() {
        use Language::*;
        let cases = [
            ("de", Some(German)),
            ("de-AT,en;q=0.5", Some(German)),
            ("en;q=0.5, fr-CA;q=0.9", Some(French)),
            ("sv, es;q=0.1", Some(Spanish)),
            ("ES;Q=1.0", Some(Spanish)),
            ("fr, de", Some(French)),
            ("de;q=0, en;q=0.1", Some(English)),
            ("sv", None),
            ("*", None),
            ("*, de;q=0.5", None),
            ("ar-EG, *;q=0.1", Some(Arabic)),
            ("deutsch", None),
            ("de;q=2", None),
            ("de;q=NaN", None),
            ("", None),
            (";;;,,,", None),
        ];
        for (header, language) in cases {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in "\\PC{0,1200}") {
            Language::accepted(&header);
        }
    }
}
