//! Who may do what: every operation as nobody, as a stranger (another user), as a member (the owner
//! of what it is about) and as an admin. The rows stand in the test files of their subjects. Together
//! they list exactly what the description lists.

use std::collections::BTreeSet;

use crate::world::{
    ACCESS_ROWS, ADMIN, AccessRow, Attempt, Credential, MEMBER, Person, STRANGER, World,
};

/// Each row with each of its paths, in an order that no linker decides.
fn rows() -> Vec<(&'static AccessRow, &'static str)> {
    let paths = |row: &'static AccessRow| row.paths.iter().map(move |path| (row, *path));
    let mut rows: Vec<_> = ACCESS_ROWS.iter().flat_map(paths).collect();
    rows.sort_unstable_by_key(|(row, path)| (*path, row.method));
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_list_what_the_description_lists() {
    let world = World::start().await;
    let listed: BTreeSet<(String, String)> =
        world.operations().await.into_iter().map(|it| (it.method.to_string(), it.path)).collect();
    let rows = rows();
    let ours: BTreeSet<(String, String)> =
        rows.iter().map(|(row, path)| (row.method.to_owned(), (*path).to_owned())).collect();
    let lacking: Vec<_> = listed.difference(&ours).collect();
    let unknown: Vec<_> = ours.difference(&listed).collect();
    assert!(lacking.is_empty(), "operations without an `access!` row: {lacking:?}");
    assert!(unknown.is_empty(), "`access!` rows that the description does not list: {unknown:?}");
    assert_eq!(rows.len(), ours.len(), "an operation has two rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_who_has_to_sign_in() {
    let world = World::start().await;
    let rows = rows();
    for operation in world.operations().await {
        let row = rows.iter().find(|it| it.0.method == operation.method && it.1 == operation.path);
        let (AccessRow { method, statuses: [nobody, ..], credential, .. }, path) = row.unwrap();
        let is_secured = *nobody == 401 && *credential == Credential::Header;
        assert_eq!(operation.is_secured, is_secured, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_rows_say() {
    // The clock of a world stands still, so no session would be the oldest one.
    let world = World::with(|it| it.sessions.max_per_user = 10_000).await;
    world.registered(STRANGER).await;
    world.registered(MEMBER).await;
    world.admin(ADMIN).await;
    let mut wrong = Vec::new();
    for (number, (row, path)) in rows().into_iter().enumerate() {
        let callers = [
            world.stranger(),
            world.signed_in(STRANGER).await,
            world.member().await,
            world.signed_in(ADMIN).await,
        ];
        let mut statuses = [0; 4];
        for (caller, status) in callers.iter().zip(&mut statuses) {
            *status = call(&world, (row, path), caller, number).await;
        }
        if statuses != row.statuses {
            wrong.push(format!("{} {path}: {statuses:?} and not {:?}", row.method, row.statuses));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The status that one caller gets.
async fn call(
    world: &World,
    (row, path): (&AccessRow, &str),
    person: &Person,
    number: usize,
) -> u16 {
    let path = match row.id {
        Some(id) => path.replace("{id}", &id(world).await),
        None => path.to_owned(),
    };
    let who = person.email.split('@').next().unwrap_or_default();
    let attempt = Attempt { person, unique: format!("{number}{who}") };
    let request = person.request(row.method.parse().unwrap(), &path);
    let answer = match row.method {
        "GET" | "DELETE" => person.send(request).await,
        _ => person.send(request.json(&(row.body)(&attempt))).await,
    };
    answer.status
}
