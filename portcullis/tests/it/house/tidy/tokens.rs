//! Rust source as the rules of the folders read it: identifiers, `::` and single characters, without
//! comments, literals and tests.

/// The tokens of a file, without what is compiled for tests only.
pub fn tokens(text: &str) -> Vec<&str> {
    without_tests(lexed(text))
}

fn lexed(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| literal(rest));
        if let Some(length) = skipped {
            rest = &rest[length..];
            continue;
        }
        let length = match first {
            _ if rest.starts_with("::") => 2,
            _ if is_word(first) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() && !first.is_ascii_digit() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

pub fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// The length of the comment that begins here. Those in blocks may be nested.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (1, 2),
            [b'*', b'/', ..] => (-1, 2),
            _ => (0, 1),
        };
        (depth, at) = (depth + step.0, at + step.1);
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// The length of the text or character literal that begins here.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|it| {
        let rest = text.strip_prefix(it).unwrap_or_default();
        let rest = if it.contains('r') { rest.trim_start_matches('#') } else { rest };
        rest.starts_with('"')
    });
    if let Some(prefix) = prefix {
        let rest = &text[prefix.len()..];
        return Some(prefix.len() + if prefix.contains('r') { raw(rest) } else { quoted(rest) });
    }
    let start = usize::from(text.starts_with("b'"));
    let mut characters = text[start..].strip_prefix('\'')?.char_indices();
    match characters.next()?.1 {
        '\\' => Some(start + quoted(&text[start..])),
        // Without a second quote it is a lifetime.
        _ => characters.next().filter(|it| it.1 == '\'').map(|it| start + it.0 + 2),
    }
}

/// The length of a literal from its opening quote to the next same quote that is not escaped.
fn quoted(text: &str) -> usize {
    let quote = text.chars().next();
    let mut is_escaped = true;
    let end = text.char_indices().find(|(_, it)| {
        let is_end = !is_escaped && Some(*it) == quote;
        is_escaped = *it == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |it| it.0 + 1)
}

/// The length of a raw literal from its first `#` or quote.
fn raw(text: &str) -> usize {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 1;
    text[start..].find(&end).map_or(text.len(), |it| start + it + end.len())
}

const TESTS_ONLY: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Leaves out every item under `#[cfg(test)]`: to its `;`, or to the end of its block.
fn without_tests(tokens: Vec<&str>) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&TESTS_ONLY) {
            at += TESTS_ONLY.len();
            at += item(&tokens[at..]);
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// How many tokens the item has that begins here.
fn item(tokens: &[&str]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = r##"
        /* one /* two */ */ a::b; // c
        let d = "e \" f"; r#"g " h"#; b'\''; '{'; fn i<'j>() {}
        #[cfg(test)] mod tests { fn k() { l } } #[cfg(test)] use m::n; o
    "##;
    let words = tokens(text).into_iter().filter(|it| it.chars().all(is_word));
    assert_eq!(words.collect::<Vec<_>>(), ["a", "b", "let", "d", "fn", "i", "j", "o"]);
}
