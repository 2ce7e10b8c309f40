//! The mail server of the settings: its address, encryption and login.
//!
//! The password is sent encrypted, unless the settings say `tls=none`.

use std::{borrow::Cow, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::{Secret, text::clipped};
use lettre::transport::smtp::{
    self,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::verdict::Phase;
use crate::tls;

/// How much of a response is logged.
const WORDS: usize = 300;

pub(super) struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<Login>,
    /// Our name in EHLO.
    hello: ClientId,
}

enum Tls {
    Never,
    IfOffered(TlsParameters),
    Required(TlsParameters),
    FromTheStart(TlsParameters),
}

/// Why a mail was not delivered.
pub(super) enum Failure {
    Refused(smtp::Error, Phase),
    /// The server does not support addresses like the recipient's.
    Unwritable,
    /// Somebody between us and the server may have removed the offer of STARTTLS.
    Unencrypted,
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Failure {
        Failure::Refused(error, Phase::Connection)
    }
}

struct Login {
    user: String,
    password: Secret,
}

/// The parsed `email.url`, such as `smtp://user:password@host:587?tls=required`.
pub struct SmtpAddress {
    host: String,
    port: u16,
    wish: Wish,
    login: Option<Login>,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Never,
    IfOffered,
    Required,
    FromTheStart,
}

impl SmtpAddress {
    /// Errors do not contain the URL.
    pub fn parse(url: &str) -> Result<SmtpAddress, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let host = match url.host().ok_or("there is no host")? {
            Host::Domain("") => return Err("there is no host".into()),
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let mut parameters = url.query_pairs();
        let tls = match parameters.next() {
            None => None,
            Some((key, value)) if key == "tls" => Some(value),
            Some((key, _)) => return Err(format!("{key:?} is unknown; there is only tls")),
        };
        if let Some((key, _)) = parameters.next() {
            return Err(format!("{key:?}: tls is the only parameter, and only once"));
        }
        let (port, wish) = match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => (465, Wish::FromTheStart),
            ("smtp", None | Some("opportunistic")) => (587, Wish::IfOffered),
            ("smtp", Some("required")) => (587, Wish::Required),
            ("smtp", Some("none")) => (25, Wish::Never),
            ("smtp", Some(_)) => return Err("tls is required, opportunistic or none".into()),
            _ => return Err("tls is for smtp: only, smtps: always has it".into()),
        };
        let login = login(&url)?;
        Ok(SmtpAddress { host, port: url.port().unwrap_or(port), wish, login })
    }

    /// A name or an IP address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether nothing is ever sent unencrypted.
    pub fn insists_on_tls(&self) -> bool {
        matches!(self.wish, Wish::Required | Wish::FromTheStart)
    }

    /// Fails if this file of certificate authorities cannot be used.
    pub fn check_ca(&self, ca_file: &str) -> Result<(), String> {
        parameters(&self.host, ca_file).map(drop)
    }
}

impl Relay {
    pub(super) fn parse(url: &str, ca_file: &str, hello: ClientId) -> Result<Relay, String> {
        let SmtpAddress { host, port, wish, login } = SmtpAddress::parse(url)?;
        let tls = match wish {
            Wish::Never => Tls::Never,
            Wish::IfOffered => Tls::IfOffered(parameters(&host, ca_file)?),
            Wish::Required => Tls::Required(parameters(&host, ca_file)?),
            Wish::FromTheStart => Tls::FromTheStart(parameters(&host, ca_file)?),
        };
        Ok(Relay { host, port, tls, login, hello })
    }

    /// Connects, encrypts as the settings say, and logs in.
    pub(super) async fn connect(&self, patience: Duration) -> Result<AsyncSmtpConnection, Failure> {
        let (server, us) = ((self.host.as_str(), self.port), &self.hello);
        let wrapper = match &self.tls {
            Tls::FromTheStart(parameters) => Some(parameters.clone()),
            Tls::Never | Tls::IfOffered(_) | Tls::Required(_) => None,
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(patience), us, wrapper, None).await?;
        match &self.tls {
            Tls::IfOffered(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), us).await?;
            }
            Tls::Required(parameters) => connection.starttls(parameters.clone(), us).await?,
            Tls::Never | Tls::IfOffered(_) | Tls::FromTheStart(_) => {}
        }
        if let Some(login) = &self.login {
            if !connection.is_encrypted() && !matches!(self.tls, Tls::Never) {
                return Err(Failure::Unencrypted);
            }
            let password = login.password.expose().to_owned();
            let credentials = Credentials::new(login.user.clone(), password);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    /// `answer`, unless it contains our credentials.
    pub(super) fn without_credentials(&self, answer: &str) -> String {
        let repeats = |it: &Login| it.forms().iter().any(|form| answer.contains(form.expose()));
        match self.login.as_ref().is_some_and(repeats) {
            true => "the mail server's answer repeats our credentials".to_owned(),
            false => clipped(answer, WORDS),
        }
    }
}

impl Login {
    /// The encodings of the password in AUTH PLAIN (RFC 4616) and AUTH LOGIN.
    fn forms(&self) -> [Secret; 3] {
        let password = self.password.expose();
        let plain = format!("\0{}\0{password}", self.user);
        [password.into(), BASE64.encode(password).into(), BASE64.encode(plain).into()]
    }
}

fn login(url: &Url) -> Result<Option<Login>, String> {
    let Some(password) = url.password().filter(|it| !it.is_empty()) else {
        return match url.username() {
            "" => Ok(None),
            _ => Err("there is a user, but no password".into()),
        };
    };
    let user = decoded(url.username())?;
    Ok(Some(Login { user, password: decoded(password)?.into() }))
}

/// Decodes `%40` and the like.
fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| "user and password must be UTF-8".into())
}

fn parameters(host: &str, ca_file: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = tls::read_ca(ca_file)? {
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| format!("ca_file {ca_file}: {error}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| error.to_string())
}
