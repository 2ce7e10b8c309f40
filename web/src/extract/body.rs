//! The body of a request as a type, from JSON or from a form. An absent body is an empty object.

use axum::extract::{FromRequest, Request};
use domain::{Code, Problem, say};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

use super::{
    fields::{self, Fields},
    form, json,
};
use crate::problem::Refusal;

/// The body, parsed.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        // The layers have read it already, within the limits.
        let read = body.collect().await.map_err(Refusal::broken)?;
        Ok(Body(parse(&parts.headers, &read.to_bytes())?))
    }
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return fields::parse(Fields::new());
    }
    match media(headers)? {
        Media::Json => fields::parse(json::parse(bytes)?),
        Media::Form => fields::parse_texts(form::parse(bytes)?),
    }
}

enum Media {
    Json,
    Form,
}

fn media(headers: &HeaderMap) -> Result<Media, Problem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if !encodings.all(|it| it.is_empty() || it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Code::UnsupportedMediaType.into());
    }
    let text = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let (kind, parameters) = text.split_once(';').unwrap_or((&text, ""));
    if !is_utf8(parameters) {
        return Err(Code::UnsupportedMediaType.because(say!("The text must be UTF-8.")));
    }
    match kind.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Media::Json),
        it if it.starts_with("application/") && it.ends_with("+json") => Ok(Media::Json),
        "application/x-www-form-urlencoded" => Ok(Media::Form),
        _ => Err(Code::UnsupportedMediaType.into()),
    }
}

fn is_utf8(parameters: &str) -> bool {
    let mut pairs = parameters.split(';').filter_map(|it| it.trim().split_once('='));
    let charset = pairs.find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let known = ["utf-8", "utf8", "us-ascii"];
    charset
        .is_none_or(|(_, it)| known.contains(&it.trim_matches('"').to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media_of(content_type: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        match media(&headers) {
            Ok(Media::Json) => Some("json"),
            Ok(Media::Form) => Some("form"),
            Err(_) => None,
        }
    }

    #[test]
    fn media_types_are_told_apart() {
        let cases = [
            ("application/json", Some("json")),
            ("Application/JSON; charset=UTF-8", Some("json")),
            ("application/merge-patch+json", Some("json")),
            ("application/x-www-form-urlencoded;charset=\"utf-8\"", Some("form")),
            ("application/json; charset=utf-16", None),
            ("text/plain", None),
            ("text/json", None),
            ("multipart/form-data; boundary=x", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(media_of(given), expected, "{given}");
        }
    }

    #[test]
    fn compressed_bodies_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(media(&headers).is_err());
    }
}
