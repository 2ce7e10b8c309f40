//! Whether the response time reveals if an account exists: login with a wrong password, and a
//! request for a reset, alternating between known and unknown users.

use serde_json::json;

use crate::{
    clock::instant,
    data,
    http::{self, Connection},
    options::Options,
    outcome::Outcome,
    progress::say,
    script::{LOGIN, RESET},
    site::{self, Site},
    statistics::Sample,
    table,
};

const WARM: usize = 200;

pub async fn measure(site: &Site, options: &Options) -> Outcome<()> {
    let name = site.backend.title();
    say(format_args!("{name}: known and unknown people"));
    data::make_cheap(&site.settings).await?;
    let server = site.server(&site::cheap()).await?;
    // The server counts the kinds of hashes at start-up.
    site.watch(&server).quiet().await;
    let mut connection = Connection::open(server.address).await?;
    table::line(format_args!("\n### known and unknown people on {name}\n"))?;
    table::line(
        "| what | samples | mean ms: known | unknown | median ms: known | unknown | Welch's t \
         | Kolmogorov-Smirnov D | D at 5 % |",
    )?;
    table::line("|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    let login = |email: &str| {
        http::post(LOGIN, &json!({ "email": email, "password": "Wr0ng&Quiet-River" }))
    };
    let reset = |email: &str| http::post(RESET, &json!({ "email": email }));
    let people = (site.data.people.as_slice(), options.samples());
    for (what, request) in
        [("login", &login as &dyn Fn(&str) -> Vec<u8>), ("password reset", &reset)]
    {
        let (known, unknown) = sample(&mut connection, people, request).await?;
        table::line(format_args!(
            "| {what} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.2} | {:.4} | {:.4} |",
            known.len(),
            known.mean(),
            unknown.mean(),
            known.median(),
            unknown.median(),
            known.welch(&unknown),
            known.distance(&unknown),
            known.critical(&unknown),
        ))?;
    }
    server.stop().await
}

/// Times of both kinds, each pair in random order: work that the server does every other request
/// must not affect only one of them.
async fn sample(
    connection: &mut Connection,
    (known, count): (&[String], usize),
    request: &dyn Fn(&str) -> Vec<u8>,
) -> Outcome<(Sample, Sample)> {
    let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
    let mut coin = Coin(0x9E37_79B9_7F4A_7C15);
    for number in 0..count + WARM {
        let there = known.get(number % known.len().max(1)).ok_or("nobody is known")?;
        // As long as those of the known.
        let nobody = there.replacen("person", "nobody", 1);
        let first = coin.toss();
        for turn in [first, !first] {
            let request = request(if turn { there } else { &nobody });
            let began = instant();
            let answer = connection.ask(&request).await?;
            let took = began.elapsed().as_secs_f64() * 1_000.0;
            if !matches!(answer.status, 200 | 202 | 401) {
                return Err(format!("answered {}", answer.status).into());
            }
            if number >= WARM {
                if turn { &mut of_known } else { &mut of_unknown }.push(took);
            }
        }
    }
    Ok((Sample::new(of_known), Sample::new(of_unknown)))
}

/// Xorshift (Marsaglia 2003): the same sequence in every run.
struct Coin(u64);

impl Coin {
    fn toss(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & 1 == 1
    }
}
