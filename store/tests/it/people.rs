//! A schema of the tests' own: people, organizations, tokens, and one column of every kind.

pub mod members;
pub mod samples;
pub mod tokens;
pub mod typed;
pub mod users;

use store::db::migrate::Migration;

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => { &[$(Migration {
        name: $name,
        text: include_str!(concat!("migrations/", $name, ".sql")),
    }),+] };
}

pub const MIGRATIONS: &[Migration] = migrations!["0001_people", "0002_alter", "0003_samples"];
