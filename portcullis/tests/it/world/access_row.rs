//! Rows of the access table: who may call an operation, written beside the tests of its subject.
//! `house/access.rs` gathers and checks them.

use std::pin::Pin;

use serde_json::{Value, json};

use super::{Person, World};

pub const STRANGER: &str = "stranger@example.com";
pub const MEMBER: &str = "member@example.com";
pub const ADMIN: &str = "admin@example.com";

/// Every `access!` of the suite.
#[allow(unsafe_code, reason = "a section of the linker's, whose types linkme checks")]
#[linkme::distributed_slice]
pub static ACCESS_ROWS: [AccessRow];

/// An operation under all its paths, and what each caller gets.
pub struct AccessRow {
    pub method: &'static str,
    /// The path and its aliases.
    pub paths: &'static [&'static str],
    /// The statuses for nobody, a stranger, the member and an admin.
    pub statuses: [u16; 4],
    pub body: fn(&Attempt) -> Value,
    /// What `{id}` in the path is: something of the member's.
    pub id: Option<MakeId>,
    pub credential: Credential,
}

/// Returns what stands for `{id}`.
pub type MakeId = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = String> + 'a>>;

/// Where an operation looks for the proof of who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Header,
    /// The token that the operation is about.
    Body,
}

/// One call of one row by one caller.
pub struct Attempt<'a> {
    pub person: &'a Person,
    /// Differs for every attempt; fits into an email address.
    pub unique: String,
}

impl AccessRow {
    pub const fn new(
        method: &'static str,
        paths: &'static [&'static str],
        statuses: [u16; 4],
    ) -> AccessRow {
        AccessRow {
            method,
            paths,
            statuses,
            body: |_| json!({}),
            id: None,
            credential: Credential::Header,
        }
    }
}

impl Attempt<'_> {
    pub fn access(&self) -> &str {
        self.person.access.as_deref().unwrap_or("none")
    }

    pub fn refresh(&self) -> &str {
        self.person.refresh.as_deref().unwrap_or("none")
    }
}

impl World {
    /// The owner of what the rows are about, signed in afresh: some operations end the session.
    pub async fn member(&self) -> Person {
        self.signed_in(MEMBER).await
    }

    /// Somebody who has an account, signed in afresh.
    pub async fn signed_in(&self, email: &str) -> Person {
        let mut person = self.stranger();
        person.login(email).await.ok();
        person
    }
}

/// Registers rows of the access table: method, path with its aliases, and the statuses for nobody, a
/// stranger, the member and an admin. What a row may add: `body`, with which whoever may call
/// succeeds as far as that is possible; `id`, an async function that returns what `{id}` is;
/// `credential = Body`.
///
/// Where a body needs a token from a mail or the right old password, it has a wrong one: whoever is
/// refused with 400 passed the check of access.
macro_rules! access {
    ($($method:ident $($path:literal)|+ [$($status:literal),+] $(, $key:ident = $value:expr)*;)+) => {$(
        const _: () = {
            #[allow(unsafe_code, reason = "a section of the linker's, whose types linkme checks")]
            #[linkme::distributed_slice($crate::world::ACCESS_ROWS)]
            static ROW: $crate::world::AccessRow = $crate::world::AccessRow {
                $($key: $crate::world::access!(@$key $value),)*
                ..$crate::world::AccessRow::new(stringify!($method), &[$($path),+], [$($status),+])
            };
        };
    )+};
    (@body $body:expr) => { $body };
    (@id $id:expr) => { Some(|world| Box::pin($id(world))) };
    (@credential $credential:expr) => {{
        use $crate::world::Credential::*;
        $credential
    }};
}

pub(crate) use access;
