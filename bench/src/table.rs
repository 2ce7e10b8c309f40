//! Tables in Markdown, on standard output.

use std::io::Write as _;

use crate::{measured::Measured, outcome::Outcome};

/// The part of the machine that other processes may use before a row is marked.
const DISTURBED: f64 = 0.05;

pub fn line(text: impl std::fmt::Display) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// The head of a table of loads.
pub fn head(title: &str) -> Outcome<()> {
    line(format_args!("\n### {title}\n"))?;
    line(
        "| what | connections | requests/s | p50 ms | p99 ms | CPU ms: server | database | later \
         | generator | of the ceiling |",
    )?;
    line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
}

/// A row; `part` is its rate as a part of its ceiling's.
pub fn row(what: &str, it: &Measured, part: Option<f64>) -> Outcome<()> {
    let part = part.map_or_else(String::new, |it| format!("{:.0} %", it * 100.0));
    let (mut notes, disturbed, each) = (String::new(), it.disturbed(), it.each());
    if disturbed > DISTURBED {
        notes.push_str(&format!(" (others took {:.0} %)", disturbed * 100.0));
    }
    if it.failures > 0 {
        notes.push_str(&format!(" ({} failed)", it.failures));
    }
    line(format_args!(
        "| {what}{notes} | {} | {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {part} |",
        it.connections,
        rate(it.rate()),
        latency(it.percentile(0.50)),
        latency(it.percentile(0.99)),
        each.server,
        each.database,
        each.behind,
        each.generator,
    ))
}

/// A row without costs.
pub fn short(what: &str, it: &Measured) -> Outcome<()> {
    line(format_args!(
        "| {what} | {} | {} | {} | {} |",
        it.connections,
        rate(it.rate()),
        latency(it.percentile(0.50)),
        latency(it.percentile(0.99)),
    ))
}

fn rate(it: f64) -> String {
    if it < 1_000.0 { format!("{it:.1}") } else { format!("{it:.0}") }
}

fn latency(it: f64) -> String {
    if it < 10.0 { format!("{it:.3}") } else { format!("{it:.1}") }
}
