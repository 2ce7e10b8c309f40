//! The table of cases of the plan.

use store::keys::RETIRED;

use super::*;

const START: Time = Time(1_800_000_000_000_000);

fn row(id: &str, state: &str, signs_at: Time) -> SigningKey {
    let algorithm = if id.starts_with("es") { "ES256" } else { "EdDSA" };
    let ends_at = (state == RETIRED).then_some(signs_at + Span::hours(1));
    SigningKey {
        id: id.into(),
        algorithm: algorithm.into(),
        state: state.into(),
        sealed: Vec::new(),
        created_at: signs_at,
        signs_at,
        retired_at: None,
        ends_at,
    }
}

fn days(days: u64) -> Time {
    START + Span::days(days)
}

#[test]
fn the_table_of_keys() {
    use Occasion::{Clock, Rotate, Start};
    use Step::{Make, Promote, Retire, Withdraw};
    let rules = Rules::from(&Tokens::default());
    let current = || row("a", SIGNING, START);
    let next = |signs_at| row("b", MADE, signs_at);
    let id = |it: &str| it.to_owned();
    let revoke = |it: &str| Occasion::Revoke(id(it));
    let fresh = Make { signs_at: days(5) };
    let later = Make { signs_at: days(6) };
    // Rows, occasion, day, expected steps.
    let cases = [
        (vec![], Start, 5, vec![fresh.clone()]),
        (vec![current()], Start, 5, vec![]),
        (vec![next(days(9))], Start, 5, vec![Promote(id("b"))]),
        (vec![row("es", SIGNING, START)], Start, 5, vec![later.clone()]),
        (vec![current(), row("es", MADE, days(9))], Start, 5, vec![Withdraw(id("es"))]),
        (vec![row("es", SIGNING, START), next(days(9))], Start, 5, vec![]),
        (vec![], Clock, 5, vec![fresh.clone()]),
        (vec![current()], Clock, 88, vec![]),
        (vec![current()], Clock, 89, vec![Make { signs_at: days(90) }]),
        (vec![current()], Clock, 200, vec![Make { signs_at: days(201) }]),
        (vec![current(), next(days(90))], Clock, 89, vec![]),
        (vec![current(), next(days(90))], Clock, 90, vec![Retire(id("a")), Promote(id("b"))]),
        (vec![current()], Rotate(When::Published), 5, vec![later]),
        (vec![current(), next(days(9))], Rotate(When::Published), 5, vec![]),
        (
            vec![current(), next(days(9))],
            Rotate(When::Now),
            5,
            vec![Withdraw(id("b")), Retire(id("a")), fresh.clone()],
        ),
        (vec![current()], revoke("a"), 5, vec![Step::Revoke(id("a")), fresh]),
        (vec![current(), next(days(9))], revoke("b"), 5, vec![Step::Revoke(id("b"))]),
        (vec![current(), row("r", RETIRED, days(5))], revoke("r"), 5, vec![Step::Revoke(id("r"))]),
        (vec![current(), row("r", RETIRED, days(4))], revoke("r"), 5, vec![]),
        (vec![current()], revoke("x"), 5, vec![]),
    ];
    for (number, (rows, occasion, day, expected)) in cases.into_iter().enumerate() {
        let steps = plan(&rows, &rules, &occasion, days(day));
        assert_eq!(steps, expected, "case {number}: {occasion:?} at day {day}");
    }
}

#[test]
fn a_shared_secret_needs_no_key_of_the_table() {
    let settings = Tokens {
        algorithm: SigningAlgorithm::Hs256,
        hs256_secret: "x".repeat(32).into(),
        ..Tokens::default()
    };
    let rules = Rules::from(&settings);
    let rows = [row("a", SIGNING, START)];
    let steps = plan(&rows, &rules, &Occasion::Start, START);
    assert_eq!(steps, [Step::Retire("a".into())]);
    for occasion in [Occasion::Clock, Occasion::Rotate(When::Now)] {
        assert_eq!(plan(&rows, &rules, &occasion, days(999)), []);
    }
}

#[test]
fn without_a_schedule_keys_stay() {
    let settings = Tokens { key_rotation: Span::ZERO, ..Tokens::default() };
    let rows = [row("a", SIGNING, START)];
    assert_eq!(plan(&rows, &Rules::from(&settings), &Occasion::Clock, days(9_999)), []);
}
