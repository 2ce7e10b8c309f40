//! The operations, each at several numbers of connections, each beside its ceiling.

use std::time::Duration;

use serde_json::json;

use crate::{
    ceiling,
    child::Serving,
    hash, http, load,
    measured::Measured,
    options::{Ceiling, Options, Part},
    outcome::Outcome,
    process,
    progress::say,
    script::{self, Pace, Script},
    site::Site,
    table,
};

/// The numbers of concurrent connections.
const LEVELS: [usize; 3] = [1, 16, 64];
/// The number of slices in which a hash and the operation with it alternate.
const SLICES: usize = 8;
/// How often there are logins of users who have not had one.
const ROUNDS: usize = LEVELS.len() * SLICES;
/// How many requests of a cycle are made for each connection where they differ only in the user.
const EACH: usize = 200;

/// A run of the operations on one database.
pub struct Operations<'a> {
    pub site: &'a Site,
    pub server: &'a Serving,
    pub options: &'a Options,
}

impl Operations<'_> {
    pub async fn run(&self) -> Outcome<()> {
        if self.options.wants(Part::Health) {
            self.health().await?;
        }
        if self.options.wants(Part::Get) {
            self.get().await?;
        }
        if self.options.wants(Part::Refresh) {
            self.refresh().await?;
        }
        if self.options.wants(Part::Login) {
            self.login().await?;
        }
        if self.options.wants(Part::Register) {
            self.register().await?;
        }
        if self.options.wants(Part::Busy) {
            self.busy().await?;
        }
        Ok(())
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.options.seconds())
    }

    fn head(&self, what: &str) -> Outcome<()> {
        say(format_args!("{}: {what}", self.site.backend.title()));
        table::head(&format!("{what} on {}", self.site.backend.title()))
    }

    async fn measure(&self, serving: &Serving, scripts: Vec<Script>) -> Outcome<Measured> {
        load::run(&self.site.watch(serving), serving.address, scripts, self.time()).await
    }

    async fn health(&self) -> Outcome<()> {
        self.head("health")?;
        let bare = self.site.ceiling(Ceiling::Bare).await?;
        for level in LEVELS {
            let scripts =
                || (0..level).map(|_| Script::cycle(vec![http::get("/health", None); EACH]));
            let ceiling = self.measure(&bare, scripts().collect()).await?;
            table::row("bare axum", &ceiling, None)?;
            let ours = self.measure(self.server, scripts().collect()).await?;
            table::row("health", &ours, Some(ours.rate() / ceiling.rate()))?;
        }
        bare.stop_hard();
        Ok(())
    }

    async fn get(&self) -> Outcome<()> {
        self.head("authenticated GET")?;
        let data = &self.site.data;
        let bare = self.site.ceiling(Ceiling::Bare).await?;
        let read = self.site.ceiling(Ceiling::Read).await?;
        let token = data.access.first().map(String::as_str);
        for level in LEVELS {
            let alike = vec![http::get(ceiling::PATH, token); EACH];
            let scripts = (0..level).map(|_| Script::cycle(alike.clone())).collect();
            table::row("bare axum", &self.measure(&bare, scripts).await?, None)?;
            // The same number of bytes as the product receives, so with a token too.
            let rows = data.readers.iter().map(|id| http::get(&row(id), token));
            let ceiling = self.measure(&read, shared(level, rows)).await?;
            table::row("layers and one read", &ceiling, None)?;
            let profile = |token: &String| http::get("/api/v1/auth/profile", Some(token));
            let ours = self.measure(self.server, shared(level, data.access.iter().map(profile)));
            let ours = ours.await?;
            table::row("authenticated GET", &ours, Some(ours.rate() / ceiling.rate()))?;
        }
        bare.stop_hard();
        read.stop_hard();
        Ok(())
    }

    async fn refresh(&self) -> Outcome<()> {
        self.head("refresh")?;
        let data = &self.site.data;
        let update = self.site.ceiling(Ceiling::Update).await?;
        let part = (data.refresh.len() / LEVELS.len()).max(1);
        for (level, tokens) in LEVELS.into_iter().zip(data.refresh.chunks(part)) {
            let none = json!({});
            let rows = data.spare.iter().take(part).map(|id| http::post(&row(id), &none));
            let ceiling = self.measure(&update, shared(level, rows)).await?;
            table::row("layers, one update, one signature", &ceiling, None)?;
            let each = tokens.len().div_ceil(level).max(1);
            let scripts = tokens.chunks(each).map(Script::rotation).collect();
            let ours = self.measure(self.server, scripts).await?;
            table::row("refresh", &ours, Some(ours.rate() / ceiling.rate()))?;
        }
        update.stop_hard();
        Ok(())
    }

    async fn login(&self) -> Outcome<()> {
        self.head("login")?;
        for (number, level) in LEVELS.into_iter().enumerate() {
            let scripts = |slice| self.logins(level, number * SLICES + slice);
            let logins = self.beside_its_hash("login", level, scripts).await?;
            self.update_beside_hashes(level, logins.rate()).await?;
        }
        Ok(())
    }

    async fn register(&self) -> Outcome<()> {
        self.head("register")?;
        for level in LEVELS {
            let scripts = |slice| {
                let of = |number| format!("{level}-{slice}-{number}");
                (0..level).map(|number| Script::Accounts { of: of(number), made: 0 }).collect()
            };
            self.beside_its_hash("register", level, scripts).await?;
        }
        Ok(())
    }

    /// Alternates with the bare hash on as many cores as these connections can use: the memory
    /// speed of a shared machine changes from minute to minute.
    async fn beside_its_hash(
        &self,
        what: &str,
        level: usize,
        scripts: impl Fn(usize) -> Vec<Script>,
    ) -> Outcome<Measured> {
        let threads = level.min(process::cores() as usize);
        let params = hash::today(&self.site.settings)?;
        let (mut ceiling, mut ours) = (Measured::default(), Measured::default());
        for slice in 0..SLICES {
            ceiling.add(hash::measure(&params, threads, self.time() / 2)?);
            let (watched, address) = (self.site.watch(self.server), self.server.address);
            ours.add(load::run(&watched, address, scripts(slice), self.time() / 2).await?);
        }
        table::row("bare Argon2", &ceiling, None)?;
        table::row(what, &ours, Some(ours.rate() / ceiling.rate()))?;
        let (each, bare) = (ours.each(), ceiling.each().server);
        let (above, beside) = (each.server - bare, each.server - each.hashers);
        table::line(format_args!("| above its Argon2 | | | | | {above:.4} | | | | |"))?;
        table::line(format_args!("| in threads that do not hash | | | | | {beside:.4} | | | | |"))?;
        Ok(ours)
    }

    /// The cost of a durable update at the rate of logins, while hashes use the cores and the
    /// caches: the minimum that a login can cost beside its own hash.
    async fn update_beside_hashes(&self, level: usize, rate: f64) -> Outcome<()> {
        let update = self.site.ceiling(Ceiling::Update).await?;
        let (threads, time) = (level.min(process::cores() as usize), self.time());
        let params = hash::today(&self.site.settings)?;
        let hashing =
            tokio::task::spawn_blocking(move || hash::measure(&params, threads, time * 2));
        let pause = Duration::from_secs_f64(level as f64 / rate);
        let (none, spare) = (json!({}), &self.site.data.spare);
        let rows: Vec<_> = spare.iter().map(|id| http::post(&row(id), &none)).collect();
        let each = rows.len().div_ceil(level).max(1);
        // One after another, as logins end, and not all at once.
        let script = |(number, rows): (usize, &[Vec<u8>])| {
            let delay = pause.mul_f64(number as f64 / level as f64);
            Script::seldom(rows.to_vec(), Pace { delay, pause })
        };
        let scripts = rows.chunks(each).enumerate().map(script).collect();
        let mut measured = self.measure(&update, scripts).await?;
        // The hashes are the generator's.
        (measured.cpu.generator, measured.cpu.others) = (0.0, 0.0);
        table::row("one update, one signature beside hashes", &measured, None)?;
        hashing.await??;
        update.stop_hard();
        Ok(())
    }

    /// Each connection has users of its own, other ones in each round.
    fn logins(&self, level: usize, round: usize) -> Vec<Script> {
        let all = &self.site.data.dear;
        let each = (all.len() / ROUNDS / level).clamp(1, EACH);
        let start = round * all.len() / ROUNDS;
        let users: Vec<&[String]> = all.get(start..).unwrap_or(all).chunks(each).collect();
        let login = |email: &String| {
            http::post(script::LOGIN, &json!({ "email": email, "password": script::PASSWORD }))
        };
        let scripts = users.iter().take(level).map(|it| it.iter().map(login).collect());
        scripts.map(|requests| Script::seldom(requests, Pace::default())).collect()
    }

    /// Authenticated GETs while logins use all remaining CPU time.
    async fn busy(&self) -> Outcome<()> {
        let what = "authenticated GET while logins saturate the cores";
        say(format_args!("{}: {what}", self.site.backend.title()));
        table::line(format_args!("\n### {what} on {}\n", self.site.backend.title()))?;
        let profile = |token: &String| http::get("/api/v1/auth/profile", Some(token));
        let [_, some, many] = LEVELS;
        let gets = shared(some, self.site.data.access.iter().map(profile));
        let loads = [gets, self.logins(many, 0)];
        let watched = self.site.watch(self.server);
        let both = load::run_together(&watched, self.server.address, loads, self.time()).await?;
        let [gets, logins] = both;
        table::line(
            "| what | connections | requests/s | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|",
        )?;
        table::short("authenticated GET", &gets)?;
        table::short("login", &logins)
    }
}

fn row(id: &impl std::fmt::Display) -> String {
    format!("{}/{id}", ceiling::ROW)
}

/// Shares requests out among so many connections.
fn shared(connections: usize, requests: impl Iterator<Item = Vec<u8>>) -> Vec<Script> {
    let all: Vec<Vec<u8>> = requests.collect();
    let each = all.len().div_ceil(connections).max(1);
    all.chunks(each).map(|it| Script::cycle(it.to_vec())).collect()
}
