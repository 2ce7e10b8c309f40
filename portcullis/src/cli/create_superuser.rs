//! `portcullis create-superuser`

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use app::{
    App, Clock, Ctx,
    access::guard,
    account::users::{self, NewUser},
};
use clap::Args;
use domain::Secret;

use super::{
    failure::{Exit, Failure},
    out, refuse_findings,
};
use crate::{
    config::{
        Environment, Loaded,
        environment::{contents, value},
    },
    telemetry,
};

const PASSWORD_FILE: &str = "PORTCULLIS_SUPERUSER_PASSWORD_FILE";
const LONGEST_ANSWER: u64 = 1024;
const ATTEMPTS: usize = 3;

const HELP: &str = "\
Examples:
  portcullis create-superuser
  PORTCULLIS_SUPERUSER_EMAIL=root@example.com \\
  PORTCULLIS_SUPERUSER_PASSWORD_FILE=/run/secrets/password portcullis create-superuser --noinput";

/// Make an account that may do everything
///
/// Asks for the address and the password. With --noinput it asks nothing and reads
/// PORTCULLIS_SUPERUSER_EMAIL, _USERNAME and _PASSWORD or _PASSWORD_FILE; Django's names
/// (DJANGO_SUPERUSER_EMAIL, …) work too.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Options {
    /// The address to sign in with
    #[arg(long)]
    email: Option<String>,
    /// A name to sign in with
    #[arg(long)]
    username: Option<String>,
    /// The name shown
    #[arg(long)]
    first_name: Option<String>,
    /// The family name shown
    #[arg(long)]
    last_name: Option<String>,
    /// Ask nothing: a value that is missing is an error
    #[arg(long, visible_alias = "no-input")]
    noinput: bool,
}

pub async fn run(
    options: Options,
    loaded: Loaded,
    environment: &Environment,
) -> Result<(), Failure> {
    refuse_findings(&loaded, |_| true)?;
    let superuser = match options.noinput {
        true => given(options, environment)?,
        false => asked(options)?,
    };
    let settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    let now = Clock::System.now();
    let store = app::connect(&settings).await?;
    app::migrate(&store, now).await?;
    let (app, _) = App::with_store(settings, Clock::System, store).await?;
    let ctx = Ctx::local(now, app::request_id(now));
    let made = users::create(&app, &ctx, &guard::operator(), superuser).await;
    app.close().await;
    Ok(out::line(format_args!("superuser {} is ready", made?.email))?)
}

/// From options and the environment alone.
fn given(options: Options, environment: &Environment) -> Result<NewUser, Failure> {
    let named = |name: &str| {
        let own = value(environment, &format!("PORTCULLIS_SUPERUSER_{name}"));
        own.or_else(|| value(environment, &format!("DJANGO_SUPERUSER_{name}"))).map(str::to_owned)
    };
    let missing = |name: &str| {
        Failure::new(Exit::Failed, format_args!("there is no {}", name.to_lowercase()))
            .hint(format!("set PORTCULLIS_SUPERUSER_{name}"))
    };
    let password = match value(environment, PASSWORD_FILE) {
        Some(path) => contents(path).map_err(|it| Failure::new(Exit::Failed, it))?,
        None => named("PASSWORD").ok_or_else(|| missing("PASSWORD"))?,
    };
    let email = options.email.or_else(|| named("EMAIL")).ok_or_else(|| missing("EMAIL"))?;
    Ok(NewUser {
        username: options.username.or_else(|| named("USERNAME")),
        first_name: options.first_name.unwrap_or_default(),
        last_name: options.last_name.unwrap_or_default(),
        ..NewUser::superuser(email, password.into())
    })
}

/// From options and prompts at the terminal.
fn asked(options: Options) -> Result<NewUser, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Failed, "there is no terminal for prompts").hint(
            "use --noinput with PORTCULLIS_SUPERUSER_EMAIL and PORTCULLIS_SUPERUSER_PASSWORD",
        ));
    }
    let email = match options.email {
        Some(email) => email,
        None => ask("Email address: ")?,
    };
    Ok(NewUser {
        username: options.username,
        first_name: options.first_name.unwrap_or_default(),
        last_name: options.last_name.unwrap_or_default(),
        ..NewUser::superuser(email, ask_password()?)
    })
}

fn ask(question: &str) -> io::Result<String> {
    out::question(question)?;
    let mut answer = String::new();
    io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn ask_password() -> Result<Secret, Failure> {
    for _ in 0..ATTEMPTS {
        let password = Secret::from(rpassword::prompt_password("Password: ")?);
        let again = Secret::from(rpassword::prompt_password("Password, once more: ")?);
        if password.expose() == again.expose() {
            return Ok(password);
        }
        out::error_line("The passwords are not the same.");
    }
    Err(Failure::new(Exit::Failed, "the passwords were not the same"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(email: Option<&str>, variables: &[(&str, &str)]) -> Result<NewUser, Failure> {
        let options = Options {
            email: email.map(str::to_owned),
            username: None,
            first_name: None,
            last_name: None,
            noinput: true,
        };
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        super::given(options, &variables.iter().map(pair).collect())
    }

    #[test]
    fn options_go_before_own_names_and_those_before_django_s() {
        let own = ("PORTCULLIS_SUPERUSER_EMAIL", "own@example.com");
        let django = ("DJANGO_SUPERUSER_EMAIL", "django@example.com");
        let password = ("DJANGO_SUPERUSER_PASSWORD", "correct horse");
        let cases = [
            (Some("option@example.com"), &[own, django, password][..], "option@example.com"),
            (None, &[own, django, password][..], "own@example.com"),
            (None, &[django, password][..], "django@example.com"),
        ];
        for (option, variables, expected) in cases {
            let found = given(option, variables).unwrap();
            assert_eq!(found.email, expected);
            assert_eq!(found.password.unwrap().expose(), "correct horse");
        }
    }

    #[test]
    fn what_is_missing_is_an_error() {
        assert!(given(None, &[("PORTCULLIS_SUPERUSER_PASSWORD", "x")]).is_err());
        assert!(given(Some("a@example.com"), &[]).is_err());
        assert!(given(Some("a@example.com"), &[(PASSWORD_FILE, "/nowhere/at/all")]).is_err());
    }

    #[test]
    fn a_password_may_be_kept_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "correct horse\n").unwrap();
        let found = given(Some("a@example.com"), &[(PASSWORD_FILE, path.to_str().unwrap())]);
        assert_eq!(found.unwrap().password.unwrap().expose(), "correct horse");
    }
}
