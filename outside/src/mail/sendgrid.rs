//! Mail over SendGrid's API (v3, `POST /v3/mail/send`).
//!
//! The id of a mail is sent twice: in its Message-ID, by which mail programs drop a second copy,
//! and as the custom argument `job_id`, by which SendGrid's events refer to the job. Tracking is
//! off: it would lead links with single-use tokens through a server of SendGrid's.

use domain::{Secret, Time, settings, text::clipped};
use lettre::message::Mailbox;
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Mail, MailError,
    compose::{compose, is_word, one_line},
};
use crate::http::{Http, HttpError, Request, Response};

/// How much of a response is logged.
const WORDS: usize = 300;
const PATH: &str = "v3/mail/send";

/// SendGrid's API and our account there.
pub struct SendGrid {
    http: Http,
    url: String,
    key: Secret,
    from: Mailbox,
}

impl SendGrid {
    pub(super) fn from_settings(
        settings: &settings::Email,
        outbound: &settings::Outbound,
        from: Mailbox,
    ) -> Result<SendGrid, MailError> {
        if settings.sendgrid_key.is_empty() {
            return Err(MailError::Permanent("email.sendgrid_key is empty".into()));
        }
        let patience = settings::Outbound { timeout: settings.timeout, ..outbound.clone() };
        let http = Http::new(&patience).map_err(|it| MailError::Permanent(it.to_string()))?;
        let url = format!("{}/{PATH}", settings.sendgrid_url.trim_end_matches('/'));
        Ok(SendGrid { http, url, key: settings.sendgrid_key.clone(), from })
    }

    pub(super) async fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        // A mail is refused for the same reasons on every transport.
        compose(mail, &self.from, now)?;
        let answer = match self.request(mail) {
            Ok(request) => self.http.fetch(request).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => self.judge(&answer, mail),
            // Failed calls say nothing about this mail.
            Err(error) => Err(MailError::Temporary(format!("SendGrid: {error}"))),
        }
    }

    fn request(&self, mail: &Mail) -> Result<Request, HttpError> {
        let key = Secret::from(format!("Bearer {}", self.key.expose()));
        Request::post_json(&self.url, &self.body(mail))?.with_header(AUTHORIZATION, key.expose())
    }

    fn body(&self, mail: &Mail) -> Json {
        let from = self.from.email.to_string();
        // RFC 3834: no automatic replies.
        let mut headers = json!({
            "Message-ID": format!("<{}@{}>", mail.id, self.from.email.domain()),
            "Auto-Submitted": "auto-generated",
        });
        if let Some(language) = mail.language.as_deref().filter(|it| is_word(it)) {
            insert(&mut headers, "Content-Language", language);
        }
        json!({
            "personalizations": [{
                "to": [person(mail.to.as_str(), mail.to_name.as_deref())],
                "custom_args": { "job_id": mail.id },
            }],
            "from": person(&from, self.from.name.as_deref()),
            "subject": one_line(&mail.subject),
            "headers": headers,
            "content": [
                { "type": "text/plain", "value": mail.text },
                { "type": "text/html", "value": mail.html },
            ],
            "tracking_settings": {
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
                "subscription_tracking": { "enable": false },
            },
        })
    }

    fn judge(&self, answer: &Response, mail: &Mail) -> Result<(), MailError> {
        let status = answer.status;
        if status.is_success() {
            return Ok(());
        }
        let text = self.with_words(format!("SendGrid answered {}", status.as_u16()), answer, mail);
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => MailError::Permanent(text),
            StatusCode::REQUEST_TIMEOUT => MailError::Temporary(text),
            // Our key, our sender, our rate, our URL of the API.
            status if status.is_client_error() => MailError::Ours(text),
            _ => MailError::Temporary(text),
        })
    }

    /// Adds SendGrid's explanation, unless it contains our key, and without the address, which must
    /// not be logged.
    fn with_words(&self, text: String, answer: &Response, mail: &Mail) -> String {
        let said = answer.json::<Refusal>().unwrap_or_default();
        let words: Vec<&str> = said.errors.iter().map(|it| it.message.as_str()).collect();
        let words = words.join(" ").replace(mail.to.as_str(), "the recipient");
        match words.is_empty() || words.contains(self.key.expose()) {
            true => text,
            false => clipped(&format!("{text}: {}", one_line(&words)), WORDS),
        }
    }
}

/// The body of an error response.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Debug, Deserialize)]
struct Complaint {
    message: String,
}

fn person(email: &str, name: Option<&str>) -> Json {
    let mut person = json!({ "email": email });
    if let Some(name) = name.map(one_line).filter(|it| !it.is_empty()) {
        insert(&mut person, "name", &name);
    }
    person
}

fn insert(object: &mut Json, key: &str, value: &str) {
    if let Json::Object(fields) = object {
        fields.insert(key.to_owned(), value.into());
    }
}
