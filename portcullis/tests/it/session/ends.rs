//! Everything that ends sessions: the access tokens are dead with the next request here, and within a
//! second on another node. Where the session of whoever asks goes on, it does so with a new token.

use std::{collections::BTreeSet, iter, time::Duration};

use app::{access::guard, account::users};
use domain::{Span, session::EndReason, settings::Settings};
use serde_json::json;
use store::{Db, args};

use self::{
    Event::*,
    Fate::{Ended, GoesOn, Renewed},
};
use crate::world::{Node, PASSWORD, Person, World, claims, eventually};

const AUTH: &str = "/api/v1/auth";
const NEW_PASSWORD: &str = "An0ther&Quiet-River";
/// One second, and what a busy machine needs.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    SignedOut,
    SignedOutByRefreshToken,
    EndedByItself,
    EndedFromAnother,
    AllOthersEnded,
    AllEnded,
    Blacklisted,
    RefreshTokenReused,
    Replaced,
    PasswordChanged,
    PasswordReset,
    EmailChanged,
    EmailChangedWithoutSession,
    EmailChangeUndone,
    AccountDeleted,
    DisabledByOperator,
    EndedByOperator,
    ErasedAfterGrace,
    ErasedAsUnproved,
}

/// What becomes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ended,
    GoesOn,
    /// It goes on, with new tokens alone.
    Renewed,
}

/// An event, what becomes of the session that asks for it and of the user's other one, and the reason
/// that the rows of ended sessions have. Those of erased users are gone.
type Row = (Event, Fate, Fate, Option<EndReason>);

const ROWS: [Row; 19] = [
    (SignedOut, Ended, GoesOn, Some(EndReason::SignedOut)),
    (SignedOutByRefreshToken, GoesOn, Ended, Some(EndReason::SignedOut)),
    (EndedByItself, Ended, GoesOn, Some(EndReason::Revoked)),
    (EndedFromAnother, GoesOn, Ended, Some(EndReason::Revoked)),
    (AllOthersEnded, GoesOn, Ended, Some(EndReason::Revoked)),
    (AllEnded, Ended, Ended, Some(EndReason::Revoked)),
    (Blacklisted, GoesOn, Ended, Some(EndReason::SignedOut)),
    (RefreshTokenReused, GoesOn, Ended, Some(EndReason::Reused)),
    (Replaced, GoesOn, Ended, Some(EndReason::Replaced)),
    (PasswordChanged, Renewed, Ended, Some(EndReason::PasswordChanged)),
    (PasswordReset, Ended, Ended, Some(EndReason::PasswordChanged)),
    (EmailChanged, Renewed, Ended, Some(EndReason::EmailChanged)),
    (EmailChangedWithoutSession, Ended, Ended, Some(EndReason::EmailChanged)),
    (EmailChangeUndone, Ended, Ended, Some(EndReason::EmailChanged)),
    (AccountDeleted, Ended, Ended, Some(EndReason::AccountDeleted)),
    (DisabledByOperator, Ended, Ended, Some(EndReason::UserDisabled)),
    (EndedByOperator, Ended, Ended, Some(EndReason::Revoked)),
    (ErasedAfterGrace, Ended, Ended, None),
    (ErasedAsUnproved, Ended, Ended, None),
];

/// The reason after this one, so that a new one does not compile before it has its place here.
fn next(reason: &EndReason) -> Option<EndReason> {
    match reason {
        EndReason::SignedOut => Some(EndReason::Revoked),
        EndReason::Revoked => Some(EndReason::Replaced),
        EndReason::Replaced => Some(EndReason::Reused),
        EndReason::Reused => Some(EndReason::PasswordChanged),
        EndReason::PasswordChanged => Some(EndReason::EmailChanged),
        EndReason::EmailChanged => Some(EndReason::AccountDeleted),
        EndReason::AccountDeleted => Some(EndReason::UserDisabled),
        EndReason::UserDisabled => None,
    }
}

/// A user with two sessions.
struct Scene<'a> {
    world: &'a World,
    email: String,
    /// Where they move to.
    new_email: String,
    /// The session that asks.
    desk: Person,
    /// The other one, idle for longer.
    phone: Person,
}

impl Scene<'_> {
    async fn begin(world: &World, event: Event, number: usize) -> Scene<'_> {
        let email = format!("user{number}@example.com");
        let new_email = format!("user{number}@example.org");
        let phone = match event {
            ErasedAsUnproved => {
                let mut before = world.verified(&email).await;
                change_email(world, &mut before, &new_email).await;
                world.registered(&email).await
            }
            _ => world.verified(&email).await,
        };
        world.pass(Span::minutes(2)).await;
        let desk = world.signed_in(&email).await;
        let mut scene = Scene { world, email, new_email, desk, phone };
        if event == EmailChangeUndone {
            change_email(world, &mut scene.desk, &scene.new_email).await;
            scene.phone.login(&scene.new_email).await.ok();
        }
        scene
    }

    async fn cause(&mut self, event: Event) {
        match event {
            SignedOut
            | SignedOutByRefreshToken
            | EndedByItself
            | EndedFromAnother
            | AllOthersEnded
            | AllEnded
            | Blacklisted => self.end(event).await,
            RefreshTokenReused | Replaced => self.use_tokens(event).await,
            PasswordChanged
            | PasswordReset
            | EmailChanged
            | EmailChangedWithoutSession
            | EmailChangeUndone => self.change(event).await,
            AccountDeleted | DisabledByOperator | EndedByOperator | ErasedAfterGrace
            | ErasedAsUnproved => self.shut_out(event).await,
        }
    }

    /// What is there to end sessions.
    async fn end(&self, event: Event) {
        let (desk, phone, stranger) = (&self.desk, &self.phone, self.world.stranger());
        let refresh = json!({ "refresh": phone.refresh_token() });
        let answer = match event {
            SignedOut => desk.logout().await,
            SignedOutByRefreshToken => stranger.post(&auth("/logout"), refresh).await,
            EndedByItself => desk.delete(&session_path(desk)).await,
            EndedFromAnother => desk.delete(&session_path(phone)).await,
            AllOthersEnded => desk.post(&auth("/sessions/terminate-all"), json!({})).await,
            AllEnded => {
                let body = json!({ "include_current": true });
                desk.post(&auth("/sessions/terminate-all"), body).await
            }
            Blacklisted => stranger.post("/api/token/blacklist", refresh).await,
            _ => panic!("{event:?} has no request of its own"),
        };
        answer.ok();
    }

    /// What ends a session because of how tokens are used.
    async fn use_tokens(&mut self, event: Event) {
        if event == Replaced {
            self.world.signed_in(&self.email).await;
            return;
        }
        let stolen = self.phone.refresh_token();
        self.phone.refresh().await.ok();
        self.phone.profile().await.ok();
        self.world.pass(Span::seconds(11)).await;
        self.world.stranger().refresh_with(&stolen).await.refused("refresh_token_reused");
    }

    /// Changes of what somebody signs in with.
    async fn change(&mut self, event: Event) {
        let (world, stranger) = (self.world, self.world.stranger());
        match event {
            PasswordChanged => {
                let body = json!({ "old_password": PASSWORD, "new_password": NEW_PASSWORD });
                self.desk.change_password(body).await.ok();
            }
            PasswordReset => {
                let asked = json!({ "email": self.email });
                stranger.post(&auth("/password/reset"), asked).await.ok();
                let token = world.token(&self.email, "/reset-password?token=").await;
                let body = json!({ "token": token, "new_password": NEW_PASSWORD });
                stranger.post(&auth("/password/reset/confirm"), body).await.ok();
            }
            EmailChanged => change_email(world, &mut self.desk, &self.new_email).await,
            EmailChangedWithoutSession => {
                let token = ask_for_change(world, &self.desk, &self.new_email).await;
                let body = json!({ "token": token });
                stranger.post(&auth("/email/change/confirm"), body).await.ok();
            }
            _ => self.undo().await,
        }
    }

    /// What keeps somebody from signing in, and what operators do.
    async fn shut_out(&self, event: Event) {
        let (app, ctx, acting) = (self.world.app(), self.world.ctx(), guard::operator());
        match event {
            DisabledByOperator => self.world.disable(&self.desk).await,
            EndedByOperator => {
                let ended = users::end_sessions(app, &ctx, &acting, self.desk.user_id()).await;
                assert_eq!(ended.unwrap(), 2);
            }
            ErasedAsUnproved => self.undo().await,
            _ => {
                let body = json!({ "password": PASSWORD });
                self.desk.post(&auth("/delete-account"), body).await.ok();
            }
        }
        if event == ErasedAfterGrace {
            for person in [&self.desk, &self.phone] {
                person.profile().await.refused("session_ended");
            }
            self.world.pass(self.world.settings.accounts.deletion_grace).await;
            erase_due(self.world).await;
        }
    }

    /// Takes the address back that the desk's account, or the one before it, had.
    async fn undo(&self) {
        let token = self.world.token(&self.email, "/undo-email-change?token=").await;
        let body = json!({ "token": token });
        self.world.stranger().post(&auth("/email/change/undo"), body).await.ok();
    }
}

fn auth(path: &str) -> String {
    format!("{AUTH}{path}")
}

fn session_path(person: &Person) -> String {
    auth(&format!("/sessions/{}", claims(person.access()).sid))
}

/// Returns the token in the mail to the new address.
async fn ask_for_change(world: &World, person: &Person, new: &str) -> String {
    let body = json!({ "new_email": new, "password": PASSWORD });
    person.post(&auth("/email/change"), body).await.ok();
    world.token(new, "/change-email?token=").await
}

async fn change_email(world: &World, person: &mut Person, new: &str) {
    let token = ask_for_change(world, person, new).await;
    let answer = person.post(&auth("/email/change/confirm"), json!({ "token": token })).await;
    person.take_tokens(&answer);
    answer.ok();
}

/// Runs the schedule that erases accounts, which only servers with workers have.
async fn erase_due(world: &World) {
    let now = world.clock.now();
    let unit = async move |db| store::schedules::put(&db, "erase", "0 1 * * *", now).await;
    world.store().put(unit).await.unwrap();
    world.settle().await;
}

/// Why the session of a token has ended, as its row has it.
async fn end_reason(world: &World, person: &Person) -> Option<String> {
    let id = claims(person.access()).sid;
    let unit = async move |db| store::sessions::by_id(&db, id).await;
    world.store().get(unit).await.unwrap()?.end_reason
}

/// The status and the problem code of a request with the access token.
async fn outcome(person: &Person) -> (u16, String) {
    let answer = person.profile().await;
    (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
}

/// What the tokens from before the event come to.
fn dead_or_alive(fate: Fate) -> (u16, String) {
    match fate {
        Ended => (401, "session_ended".into()),
        Renewed => (401, "token_not_valid".into()),
        GoesOn => (200, String::new()),
    }
}

/// Asserts that a session is on another node what it is here, soon and from then on.
async fn assert_heard(node: &Node, event: Event, before: &Person, fate: Fate) {
    let there = before.at(node.url());
    let heard = eventually("the other node to hear of it", async || {
        (outcome(&there).await == dead_or_alive(fate)).then_some(())
    });
    let heard = tokio::time::timeout(HEARD_WITHIN, heard).await;
    assert!(heard.is_ok(), "{event:?}: the other node has not heard of it");
}

/// Causes every event, each for a user of its own, and asserts what becomes of the tokens.
async fn assert_all(world: &World, node: Option<&Node>) {
    let mut seen = BTreeSet::new();
    for (number, (event, desk, phone, reason)) in ROWS.into_iter().enumerate() {
        let mut scene = Scene::begin(world, event, number).await;
        let before = [(scene.desk.clone(), desk), (scene.phone.clone(), phone)];
        // Every node has checked the tokens, and remembers them.
        for (person, _) in &before {
            person.profile().await.ok();
            if let Some(node) = node {
                person.at(node.url()).profile().await.ok();
            }
        }
        scene.cause(event).await;
        let after = [("the desk", &scene.desk), ("the phone", &scene.phone)];
        for ((person, fate), (which, now)) in before.iter().zip(after) {
            assert_eq!(outcome(person).await, dead_or_alive(*fate), "{event:?}: {which}");
            let goes_on = if *fate == Ended { Ended } else { GoesOn };
            assert_eq!(outcome(now).await, dead_or_alive(goes_on), "{event:?}: {which}, now");
            if let Some(node) = node {
                assert_heard(node, event, person, *fate).await;
                assert_heard(node, event, now, goes_on).await;
            }
            let expected = reason.filter(|_| *fate == Ended).map(EndReason::word);
            let told = end_reason(world, person).await;
            assert_eq!(told.as_deref(), expected, "{event:?}");
            seen.extend(told);
        }
    }
    let all = iter::successors(Some(EndReason::SignedOut), next);
    let all: BTreeSet<_> = all.map(|it| it.word().to_owned()).collect();
    assert_eq!(seen, all, "the reasons that events of the table leave, and all there are");
}

/// Keeps the server from hearing of its own revocations, which it otherwise does at the same moment as
/// it answers: it believes that it has heard of all until a far number.
async fn deafen(world: &World) {
    let now = world.clock.now();
    let unit = async move |db: Db| {
        let statement = "INSERT INTO revocations (sequence, made_at) VALUES (1000000000, $1)";
        db.execute(statement, args![now]).await
    };
    world.store().put(unit).await.unwrap();
    world.settle().await;
}

fn settings(settings: &mut Settings) {
    settings.sessions.max_per_user = 2;
    // Shorter than an access token lives, or that would refuse it already.
    settings.accounts.deletion_grace = Span::minutes(5);
    // What is remembered has to be believed, however much time the test lets pass.
    settings.sessions.revocation_bound = Span::hours(2);
    // Only `settle` does jobs, so that every mail is in the inbox of the first node.
    settings.jobs.workers = 0;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_session_kills_its_tokens_at_once() {
    let world = World::with(settings).await;
    deafen(&world).await;
    assert_all(&world, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_session_kills_its_tokens_on_another_node_within_a_second() {
    let Some((world, node)) = World::of_two_nodes(settings).await else { return };
    assert_all(&world, Some(&node)).await;
    node.stop().await;
}
