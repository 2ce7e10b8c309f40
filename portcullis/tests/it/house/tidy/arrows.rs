//! Which folder of a crate may name which: the tables that `folders.rs` checks.

/// What each folder of a crate may name.
pub struct Rules {
    pub name: &'static str,
    /// What every folder may name.
    pub free: &'static [&'static str],
    /// A folder with the folders or modules that it may name. `*` is all of them.
    pub arrows: &'static [(&'static str, &'static [&'static str])],
    /// A file with a folder that it names and must not. To become empty.
    pub not_yet: &'static [(&'static str, &'static str)],
}

/// A subject of the crate `app`.
const SUBJECT: &[&str] =
    &["app", "engine", "queue", "access", "notify", "audit", "sign_in::finish"];

pub const RULES: [Rules; 4] = [
    Rules {
        name: "app",
        free: &["lib", "ctx", "error", "clock", "random", "revocations", "tx"],
        arrows: &[
            ("lib", &["*"]),
            ("app", &["*"]),
            ("ctx", &["engine"]),
            ("error", &[]),
            ("clock", &[]),
            ("random", &[]),
            ("revocations", &["app"]),
            ("tx", &["app", "engine", "queue", "notify", "audit"]),
            ("engine", &[]),
            ("queue", &["app", "engine"]),
            ("notify", &["app", "engine", "queue"]),
            ("access", &["app", "engine", "queue", "notify"]),
            ("account", SUBJECT),
            ("session", SUBJECT),
            ("factor", SUBJECT),
            ("audit", SUBJECT),
            (
                "sign_in",
                &[
                    "app", "engine", "queue", "access", "notify", "account", "session", "factor",
                    "audit",
                ],
            ),
            ("work", &["*"]),
        ],
        not_yet: &[
            ("app/src/access/fresh.rs", "session"),
            ("app/src/account/deletion.rs", "factor"),
            ("app/src/account/deletion.rs", "session"),
            ("app/src/account/email.rs", "sign_in"),
            ("app/src/account/email_change.rs", "factor"),
            ("app/src/account/email_change.rs", "session"),
            ("app/src/account/registration.rs", "factor"),
            ("app/src/account/registration.rs", "session"),
            ("app/src/account/registration/form.rs", "factor"),
            ("app/src/account/users.rs", "factor"),
            ("app/src/account/users.rs", "session"),
            ("app/src/account/users.rs", "sign_in"),
            ("app/src/engine/keys.rs", "app"),
            ("app/src/engine/keys/master.rs", "app"),
            ("app/src/engine/keys/masters.rs", "app"),
            ("app/src/engine/keys/rotation.rs", "audit"),
            ("app/src/factor/password.rs", "account"),
            ("app/src/factor/password.rs", "session"),
            ("app/src/factor/password.rs", "sign_in"),
        ],
    },
    Rules {
        name: "domain",
        free: &[
            "lib",
            "id",
            "time",
            "secret",
            "mac",
            "text",
            "invisible",
            "problem",
            "event",
            "client",
            "reach",
            "settings",
        ],
        arrows: &[
            ("lib", &["*"]),
            ("id", &[]),
            ("time", &[]),
            ("secret", &[]),
            ("mac", &[]),
            ("text", &[]),
            ("invisible", &[]),
            ("event", &[]),
            ("client", &[]),
            ("reach", &[]),
            ("problem", &["access"]),
            ("settings", &["access"]),
            ("access", &[]),
            ("queue", &[]),
            ("account", &["session"]),
            ("factor", &[]),
            ("notify", &["account"]),
            ("session", &["account"]),
            ("sign_in", &["account", "session", "factor"]),
        ],
        not_yet: &[],
    },
    Rules {
        name: "store",
        free: &["lib", "db"],
        arrows: &[
            ("lib", &["*"]),
            ("db", &[]),
            ("rewind", &["queue"]),
            ("access", &[]),
            ("account", &[]),
            ("audit", &[]),
            ("engine", &[]),
            ("factor", &[]),
            ("notify", &[]),
            ("queue", &[]),
            ("session", &[]),
            ("sign_in", &[]),
        ],
        not_yet: &[],
    },
    Rules {
        name: "web",
        free: &["lib", "problem", "site"],
        arrows: &[
            ("lib", &["*"]),
            ("router", &["*"]),
            ("site", &[]),
            ("problem", &[]),
            ("cookies", &[]),
            ("csrf", &["cookies"]),
            ("layer", &[]),
            ("serve", &["layer"]),
            ("state", &["page"]),
            ("extract", &["layer", "state", "cookies", "view"]),
            ("openapi", &["layer", "extract", "cookies"]),
            ("view", &[]),
            ("transport", &["extract", "state", "cookies", "view"]),
            ("api", HANDLERS),
            ("admin", HANDLERS),
            ("compat", HANDLERS),
            ("page", HANDLERS),
        ],
        not_yet: &[
            ("web/src/page.rs", "router"),
            ("web/src/page/link.rs", "api"),
            ("web/src/view.rs", "api"),
            ("web/src/openapi.rs", "router"),
        ],
    },
];

/// What the handlers of `web` may name.
const HANDLERS: &[&str] =
    &["extract", "layer", "openapi", "view", "transport", "cookies", "csrf", "state"];
