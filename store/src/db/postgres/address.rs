//! The address of a PostgreSQL server: its parameters, and what to use instead of those of other
//! clients.
//!
//! The driver parses most of it. Parsed here is what it does not know: the modes of `sslmode` that
//! verify certificates, and `sslrootcert`.

use std::fmt::Display;

use domain::settings::Database;
use percent_encoding::percent_decode_str;
use tokio_postgres::{Config, config::SslMode};

use super::tls::{Check, Tls};
use crate::db::{Error, Result};

/// The parameters that the driver parses.
const PASSED: [&str; 18] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

pub(super) struct Address {
    pub config: Config,
    pub tls: Tls,
}

pub(super) fn read(settings: &Database) -> Result<Address> {
    let url = settings.url.expose();
    // As in the driver: user and password are everything before the first @.
    let authority = url.find('@').map_or(0, |it| it + 1);
    let query = url.get(authority..).and_then(|it| it.find('?')).map(|it| authority + it);
    let (base, query) = query.and_then(|it| url.split_at_checked(it)).unwrap_or((url, ""));
    let mut kept = Vec::new();
    let mut mode = "prefer".to_owned();
    let mut ca_file = settings.ca_file.clone();
    for parameter in query.trim_start_matches('?').split('&').filter(|it| !it.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key {
            "sslmode" => mode = decoded(value)?,
            "sslrootcert" => ca_file = decoded(value)?,
            key if PASSED.contains(&key) => kept.push(parameter),
            // It may be part of a password.
            key if query.contains('@')
                || !key.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') =>
            {
                return Err(wrong("its parameters cannot be read"));
            }
            key => return Err(unknown(key)),
        }
    }
    let (ssl_mode, check) = modes(&mode, &ca_file)?;
    let mut config: Config = match kept.is_empty() {
        true => base.parse(),
        false => format!("{base}?{}", kept.join("&")).parse(),
    }
    .map_err(|error: tokio_postgres::Error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        wrong(source.unwrap_or_else(|| error.to_string()))
    })?;
    config.ssl_mode(ssl_mode);
    let ca_file = if ca_file == "system" { String::new() } else { ca_file };
    Ok(Address { config, tls: Tls { check, ca_file } })
}

/// Whether TLS is used and how certificates are verified, as libpq defines it.
fn modes(mode: &str, ca_file: &str) -> Result<(SslMode, Check)> {
    let by_file = match ca_file {
        "" | "system" => Check::Nothing,
        _ => Check::Authority,
    };
    Ok(match mode {
        "disable" => (SslMode::Disable, Check::Nothing),
        "prefer" => (SslMode::Prefer, by_file),
        "require" => (SslMode::Require, by_file),
        "verify-ca" if by_file == Check::Nothing => {
            return Err(Error::Unsuitable {
                what: "database.url: sslmode=verify-ca without the certificate authority".into(),
                remedy: "name its PEM file in database.ca_file (or sslrootcert), or use \
                         sslmode=verify-full, which can do without",
            });
        }
        "verify-ca" => (SslMode::Require, Check::Authority),
        "verify-full" => (SslMode::Require, Check::Everything),
        other => {
            return Err(Error::Unsuitable {
                what: format!("database.url: sslmode={other:?} is not known"),
                remedy: "use disable, prefer, require, verify-ca or verify-full",
            });
        }
    })
}

fn decoded(value: &str) -> Result<String> {
    let decoded = percent_decode_str(value).decode_utf8();
    decoded.map(Into::into).map_err(|_| wrong("a parameter is not UTF-8"))
}

fn wrong(why: impl Display) -> Error {
    Error::Unsuitable {
        what: format!("database.url: {why}"),
        remedy: "write postgres://user:password@host:5432/database, with characters such as \
                 @ : / ? # % in the password percent-encoded",
    }
}

fn unknown(key: &str) -> Error {
    let remedy = match key {
        "pgbouncer"
        | "statement_cache_size"
        | "prepared_statement_cache_size"
        | "prepared_statements"
        | "prepareThreshold"
        | "prepare_threshold"
        | "default_query_exec_mode" => {
            "leave it out: a pooler in transaction mode is found at the start, and \
             database.pool_mode = \"transaction\" says so where it is not"
        }
        "connection_limit" | "pool_size" | "max_connections" | "pool_max_conns" => {
            "leave it out and set database.connections"
        }
        "schema" | "currentSchema" | "search_path" => {
            "leave it out and use options=-c%20search_path%3DNAME, or ALTER ROLE … SET search_path"
        }
        "pool_timeout" | "socket_timeout" | "statement_timeout" | "command_timeout" => {
            "leave it out; database.statement_timeout bounds statements"
        }
        "ssl" | "tls" => "leave it out and use sslmode",
        "sslcert" | "sslkey" | "sslidentity" | "sslpassword" => {
            "leave it out: certificates of clients are not supported"
        }
        _ => {
            "leave it out; those of libpq that are known are application_name, options, host, \
             hostaddr, port, user, password, dbname, connect_timeout, keepalives*, sslmode, \
             sslrootcert, sslnegotiation, channel_binding, target_session_attrs and \
             load_balance_hosts"
        }
    };
    Error::Unsuitable { what: format!("database.url: the parameter {key:?} is not known"), remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(query: &str, ca_file: &str) -> Result<Address> {
        let url = format!("postgres://anna:hun?ter@one,two:6432/test{query}");
        read(&Database { url: url.into(), ca_file: ca_file.into(), ..Database::default() })
    }

    #[test]
    fn sslmode_is_read_as_libpq_does() {
        for (query, ca_file, mode, check) in [
            ("", "", SslMode::Prefer, Check::Nothing),
            ("?sslmode=disable", "ca", SslMode::Disable, Check::Nothing),
            ("?sslmode=prefer", "ca", SslMode::Prefer, Check::Authority),
            ("?sslmode=require", "", SslMode::Require, Check::Nothing),
            ("?sslmode=require", "ca", SslMode::Require, Check::Authority),
            ("?sslmode=require&sslrootcert=ca", "", SslMode::Require, Check::Authority),
            ("?sslmode=verify-ca", "ca", SslMode::Require, Check::Authority),
            ("?sslmode=verify-full", "", SslMode::Require, Check::Everything),
            ("?sslmode=verify-full&sslrootcert=system", "ca", SslMode::Require, Check::Everything),
        ] {
            let Ok(read) = at(query, ca_file) else { panic!("{query}") };
            assert_eq!((read.config.get_ssl_mode(), read.tls.check), (mode, check), "{query}");
        }
        let Ok(read) = at("?sslmode=verify-ca&sslrootcert=%2Fetc%2Fa%20b.pem", "ca") else {
            panic!("not read")
        };
        assert_eq!(read.tls.ca_file, "/etc/a b.pem");
        assert!(at("?sslmode=verify-ca", "").is_err());
        assert!(at("?sslmode=verify-ca&sslrootcert=system", "").is_err());
    }

    #[test]
    fn the_driver_reads_the_rest() {
        let query = "?application_name=test&sslmode=verify-full&target_session_attrs=read-write";
        let Ok(Address { config, .. }) = at(query, "") else { panic!("not read") };
        assert_eq!(config.get_hosts().len(), 2);
        assert_eq!(config.get_ports(), [5432, 6432]);
        assert_eq!(config.get_application_name(), Some("test"));
        assert_eq!(config.get_password(), Some(&b"hun?ter"[..]));
    }

    #[test]
    fn passwords_that_are_not_encoded_are_not_told() {
        for url in [
            "postgres://anna:hun@ter?word=more@host/test",
            "postgres://anna:hun@ter?word-more@host/test",
            "postgres://anna:hun@ter?sslmode=require&word&more@host/test",
        ] {
            let read = read(&Database { url: url.into(), ..Database::default() });
            let Err(Error::Unsuitable { what, remedy }) = read else { panic!("{url}") };
            assert!(!what.contains("word") && !what.contains("more"), "{what}");
            assert!(remedy.contains("percent-encoded"));
        }
    }

    #[test]
    fn what_other_clients_know_is_explained() {
        for (query, named, remedy) in [
            ("?pgbouncer=true", "pgbouncer", "database.pool_mode"),
            ("?sslmode=require&statement_cache_size=0", "statement_cache_size", "pool_mode"),
            ("?connection_limit=5", "connection_limit", "database.connections"),
            ("?schema=auth", "schema", "search_path"),
            ("?sslmode=allow", "allow", "verify-full"),
            ("?sslcert=a.pem", "sslcert", "not supported"),
            ("?colour", "colour", "target_session_attrs"),
            ("?port=many", "port", "postgres://"),
        ] {
            let Err(Error::Unsuitable { what, remedy: told }) = at(query, "") else {
                panic!("{query}")
            };
            assert!(what.contains(named) && told.contains(remedy), "{what}: {told}");
            assert!(!what.contains("hun?ter"), "{what}");
        }
    }
}
