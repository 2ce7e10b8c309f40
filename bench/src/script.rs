//! The sequence of requests of a connection.

use std::time::Duration;

use serde_json::json;

use crate::{
    http::{self, Answer},
    outcome::Outcome,
};

pub const REFRESH: &str = "/api/v1/auth/token/refresh";
pub const REGISTER: &str = "/api/v1/auth/register";
pub const LOGIN: &str = "/api/v1/auth/login";
pub const RESET: &str = "/api/v1/auth/password/reset";

/// A password that all rules accept.
pub const PASSWORD: &str = "Str0ng&Quiet-River";

pub enum Script {
    /// The same requests in a cycle, and the number of warm-up requests.
    Cycle { requests: Vec<Vec<u8>>, next: usize, warm: usize, pace: Pace },
    /// Refresh tokens, each replaced by what it was exchanged for.
    Rotation { tokens: Vec<String>, next: usize },
    /// A new account each time.
    Accounts { of: String, made: usize },
}

/// How long to wait before the first request that counts, and after each.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    pub delay: Duration,
    pub pause: Duration,
}

impl Script {
    pub fn cycle(requests: Vec<Vec<u8>>) -> Script {
        let pace = Pace::default();
        Script::Cycle { warm: requests.len(), requests, next: 0, pace }
    }

    /// With these pauses, and a minimal warm-up.
    pub fn seldom(requests: Vec<Vec<u8>>, pace: Pace) -> Script {
        Script::Cycle { requests, next: 0, warm: 1, pace }
    }

    pub fn pace(&self) -> Pace {
        match self {
            Script::Cycle { pace, .. } => *pace,
            Script::Rotation { .. } | Script::Accounts { .. } => Pace::default(),
        }
    }

    pub fn rotation(tokens: &[String]) -> Script {
        Script::Rotation { tokens: tokens.to_vec(), next: 0 }
    }

    /// The number of requests of the warm-up.
    pub fn warm_up(&self) -> usize {
        match self {
            Script::Cycle { warm, .. } => *warm,
            Script::Rotation { tokens, .. } => tokens.len(),
            Script::Accounts { .. } => 1,
        }
    }

    pub fn request(&mut self) -> Vec<u8> {
        match self {
            Script::Cycle { requests, next, .. } => {
                let at = *next % requests.len().max(1);
                *next = at + 1;
                requests.get(at).cloned().unwrap_or_default()
            }
            Script::Rotation { tokens, next } => {
                let at = *next % tokens.len().max(1);
                *next = at;
                let token = tokens.get(at).map(String::as_str).unwrap_or_default();
                http::post(REFRESH, &json!({ "refresh": token }))
            }
            Script::Accounts { of, made } => {
                *made += 1;
                let email = format!("new-{of}-{made}@example.com");
                let body = json!({
                    "email": email, "password": PASSWORD, "password_confirm": PASSWORD,
                    "first_name": "Ada", "last_name": "Lovelace", "terms_accepted": true,
                    "privacy_policy_accepted": true,
                });
                http::post(REGISTER, &body)
            }
        }
    }

    /// Takes from the answer what the next request needs.
    pub fn learn(&mut self, answer: Answer<'_>) -> Outcome<()> {
        if !(200..300).contains(&answer.status) {
            let text = String::from_utf8_lossy(answer.body);
            return Err(format!("answered {}: {text}", answer.status).into());
        }
        if let Script::Rotation { tokens, next } = self {
            let fresh = refresh_token(answer.body).ok_or("no refresh token in the answer")?;
            if let Some(token) = tokens.get_mut(*next) {
                *token = fresh;
            }
            *next += 1;
        }
        Ok(())
    }
}

/// Searched for, not parsed: the generator shares the CPU with what it measures.
fn refresh_token(body: &[u8]) -> Option<String> {
    let name = br#""refresh":""#;
    let rest = body.get(http::find(body, name)? + name.len()..)?;
    let value = rest.split(|it| *it == b'"').next()?;
    String::from_utf8(value.to_vec()).ok()
}
