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

/// What every subject of the crate `app` may use.
const BASE: &[&str] = &["app", "tx", "engine", "queue", "audit", "access", "notify"];

pub const RULES: [Rules; 4] = [
    Rules {
        name: "app",
        free: &["lib", "ctx", "error", "clock", "random"],
        arrows: &[
            ("lib", &["*"]),
            ("app", &["engine"]),
            ("ctx", &["engine"]),
            ("error", &[]),
            ("clock", &[]),
            ("random", &[]),
            ("tx", &["app", "engine", "queue", "access::guard", "access::caller", "audit"]),
            ("engine", &[]),
            ("queue", &["app", "engine"]),
            ("access", &["app", "tx", "engine", "audit"]),
            ("notify", &["app", "tx", "engine", "queue", "audit", "access"]),
            ("session", BASE),
            ("audit", &["app", "access"]),
            (
                "factor",
                &["app", "tx", "engine", "queue", "audit", "access", "notify", "session::tokens"],
            ),
            (
                "account",
                &[
                    "app",
                    "tx",
                    "engine",
                    "queue",
                    "audit",
                    "access",
                    "notify",
                    "session::tokens",
                    "factor::password",
                    "sign_in::finish",
                    "sign_in::exchange",
                ],
            ),
            (
                "sign_in",
                &[
                    "app", "tx", "engine", "queue", "audit", "access", "notify", "session",
                    "factor", "account",
                ],
            ),
            ("work", &["*"]),
        ],
        not_yet: &[],
    },
    Rules {
        name: "domain",
        free: &[
            "lib",
            "id",
            "time",
            "secret",
            "sentence",
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
            ("sentence", &[]),
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
            ("session", &["account", "sign_in"]),
            ("sign_in", &["account", "access"]),
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
            ("account", &["factor"]),
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
            ("extract", &["layer", "state", "cookies"]),
            ("openapi", &["layer", "extract", "cookies"]),
            ("form", &["extract"]),
            ("view", &["extract", "form"]),
            ("transport", &["extract", "state", "cookies", "view"]),
            ("api", HANDLERS),
            ("admin", HANDLERS),
            ("compat", HANDLERS),
            ("page", HANDLERS),
        ],
        not_yet: &[],
    },
];

/// What the handlers of `web` may name.
const HANDLERS: &[&str] =
    &["extract", "form", "layer", "openapi", "view", "transport", "cookies", "csrf", "state"];
