//! What an account can do in each of its states: the table of section 4 of the contract, for the
//! states that exist.

use serde_json::json;

use crate::world::{Answer, PASSWORD, Person, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unverified,
    UnverifiedWhereProofIsRequired,
    UnverifiedWhereAccountsAreHidden,
    Verified,
    Locked,
    Disabled,
    InTheDeletionGrace,
    Erased,
}

/// The result of each operation: a status and a code.
#[derive(Debug, PartialEq, Eq)]
struct Outcomes {
    login: (u16, String),
    token: (u16, String),
    refresh: (u16, String),
    access: (u16, String),
    reset_is_mailed: bool,
}

fn outcome(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
}

async fn bring_into(world: &mut World, state: State) -> Person {
    let anna = match state {
        State::Verified => world.verified("anna@example.com").await,
        _ => world.registered("anna@example.com").await,
    };
    match state {
        State::Unverified | State::Verified => {}
        State::UnverifiedWhereProofIsRequired => {
            world.restart(|it| it.registration.require_verified_email = true).await;
        }
        State::UnverifiedWhereAccountsAreHidden => {
            let strict = domain::settings::Enumeration::Strict;
            world.restart(|it| it.privacy.enumeration = strict).await;
        }
        State::Locked => {
            let wrong = json!({ "email": "anna@example.com", "password": "Wr0ng&Quiet-River" });
            for _ in 0..5 {
                let answer = world.stranger().post("/api/v1/auth/login", wrong.clone()).await;
                answer.refused("invalid_credentials");
            }
        }
        State::Disabled => world.disable(&anna).await,
        State::InTheDeletionGrace | State::Erased => {
            let password = json!({ "password": PASSWORD });
            anna.post("/api/v1/auth/delete-account", password).await.ok();
        }
    }
    if state == State::Erased {
        world.pass(domain::Span::days(31)).await;
        world.settle().await;
    }
    anna.at(world.url(""))
}

async fn try_everything(world: &World, mut anna: Person) -> Outcomes {
    let stranger = world.stranger();
    let login = json!({ "email": "anna@example.com", "password": PASSWORD });
    let token = json!({ "username": "anna@example.com", "password": PASSWORD });
    let access = outcome(&anna.profile().await);
    let refresh = outcome(&anna.refresh().await);
    let reset = json!({ "email": "anna@example.com" });
    stranger.post("/api/v1/auth/password/reset", reset).await.ok();
    let letters = world.mails("anna@example.com").await;
    Outcomes {
        login: outcome(&stranger.post("/api/v1/auth/login", login).await),
        token: outcome(&stranger.post("/api/token", token).await),
        refresh,
        access,
        reset_is_mailed: letters
            .iter()
            .any(|it| it["text"].as_str().unwrap().contains("/reset-password?token=")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_can_do_what_the_table_says() {
    let works = || (200, String::new());
    let told = |status: u16, code: &str| (status, code.to_owned());
    let all = || Outcomes {
        login: works(),
        token: works(),
        refresh: works(),
        access: works(),
        reset_is_mailed: true,
    };
    let table = [
        (State::Unverified, all()),
        (State::Verified, all()),
        (
            State::UnverifiedWhereProofIsRequired,
            Outcomes {
                login: told(403, "email_not_verified"),
                token: told(403, "email_not_verified"),
                ..all()
            },
        ),
        (
            State::UnverifiedWhereAccountsAreHidden,
            Outcomes {
                login: told(401, "invalid_credentials"),
                token: told(401, "no_active_account"),
                ..all()
            },
        ),
        (
            State::Locked,
            Outcomes {
                login: told(403, "account_locked"),
                token: told(403, "account_locked"),
                ..all()
            },
        ),
        (
            State::InTheDeletionGrace,
            Outcomes {
                login: told(403, "account_deleted"),
                token: told(403, "account_deleted"),
                refresh: told(401, "session_ended"),
                access: told(401, "session_ended"),
                reset_is_mailed: false,
            },
        ),
        (
            State::Erased,
            Outcomes {
                login: told(401, "invalid_credentials"),
                token: told(401, "no_active_account"),
                refresh: told(401, "token_not_valid"),
                access: told(401, "token_not_valid"),
                reset_is_mailed: false,
            },
        ),
        (
            State::Disabled,
            Outcomes {
                login: told(401, "invalid_credentials"),
                token: told(401, "no_active_account"),
                refresh: told(401, "session_ended"),
                access: told(401, "session_ended"),
                reset_is_mailed: false,
            },
        ),
    ];
    for (state, expected) in table {
        // A restart uses another port, and the issuer must not change with it.
        let issuer = |it: &mut domain::settings::Settings| {
            it.tokens.issuer = "https://id.example.com".into()
        };
        let mut world = World::with(issuer).await;
        let anna = bring_into(&mut world, state).await;
        assert_eq!(try_everything(&world, anna).await, expected, "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_verifies_an_address_that_had_to_be() {
    let world = World::with(|it| it.registration.require_verified_email = true).await;
    world.stranger().register("anna@example.com").await.created();
    world.stranger().login("anna@example.com").await.refused("email_not_verified");
    let nobody = world.stranger();
    let asked = json!({ "email": "anna@example.com" });
    nobody.post("/api/v1/auth/password/reset", asked).await.ok();
    let token = world.token("anna@example.com", "/reset-password?token=").await;
    let new = "An0ther&Quiet-River";
    let confirm = json!({ "token": token, "new_password": new });
    nobody.post("/api/v1/auth/password/reset/confirm", confirm).await.ok();
    world.stranger().login_as(json!({ "email": "anna@example.com", "password": new })).await.ok();
}
