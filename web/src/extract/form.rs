//! `application/x-www-form-urlencoded`, as strict as JSON: invalid UTF-8 and duplicate fields are
//! refused.

use domain::{Code, Problem, say};

use super::text::Texts;

pub fn parse(text: &[u8]) -> Result<Texts, Problem> {
    let mut fields = Texts::new();
    for pair in text.split(|it| *it == b'&').filter(|it| !it.is_empty()) {
        let at = pair.iter().position(|it| *it == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(at).unwrap_or((pair, &[]));
        let name = decoded(name)?;
        let value = decoded(value.strip_prefix(b"=").unwrap_or(value))?;
        if fields.insert(name, value).is_some() {
            return Err(Code::MalformedRequest.because(say!("A field was sent twice.")));
        }
    }
    Ok(fields)
}

fn decoded(text: &[u8]) -> Result<String, Problem> {
    let wrong = || Code::MalformedRequest.because(say!("The form is not valid."));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let high = digit().ok_or_else(wrong)?;
                let low = digit().ok_or_else(wrong)?;
                u8::try_from(high * 16 + low).map_err(|_| wrong())?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let fields = parse(b"email=a%40b.example&name=Ada+L&empty=&&flag&u=%C3%BC").unwrap();
        let expected =
            [("email", "a@b.example"), ("name", "Ada L"), ("empty", ""), ("flag", ""), ("u", "ü")];
        assert_eq!(fields, expected.map(|(name, it)| (name.to_owned(), it.to_owned())).into());
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for wrong in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=1&a=2", "a=1&%61=2"] {
            let problem = parse(wrong.as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::MalformedRequest, "{wrong}");
        }
    }
}
