//! What a test does past the front door: brings accounts into states that nobody gets them into
//! from outside, looks at a session's row, counts what a request costs, and does things at once.

use std::sync::Arc;

use app::{
    By, Ctx,
    account::users::{self, NewUser},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Span,
    session::{Session, access_token::Claims},
    settings::Settings,
};
use store::args;
use tokio::{sync::Barrier, task::JoinSet};

use super::{PASSWORD, Person, World};

impl World {
    /// A world in which only requests execute statements, so that they can be counted.
    pub async fn quiet(change: impl FnOnce(&mut Settings)) -> World {
        World::with(|it| {
            it.jobs.workers = 0;
            it.sessions.revocation_poll = Span::hours(1);
            change(it);
        })
        .await
    }

    /// Hashes and statements that one request costs: the least of some, since what goes on in the
    /// background comes on top.
    pub async fn cost(&self, mut request: impl AsyncFnMut()) -> (u64, u64) {
        let mut least = (u64::MAX, u64::MAX);
        for _ in 0..3 {
            let before = (self.app().hasher.hashes(), self.app().store.statements());
            request().await;
            let after = (self.app().hasher.hashes(), self.app().store.statements());
            least = (least.0.min(after.0 - before.0), least.1.min(after.1 - before.1));
        }
        least
    }

    /// Stops the server and starts it with other settings, on the same data and another port.
    pub async fn restart(&mut self, change: impl FnOnce(&mut Settings)) {
        self.settle().await;
        self.stop().await;
        change(&mut self.settings);
        self.begin().await;
    }

    /// Somebody whom the operator gave every right, signed in.
    pub async fn admin(&self, email: &str) -> Person {
        let new = NewUser::superuser(email.into(), PASSWORD.into());
        let ctx = Ctx::local(self.clock.now(), "test");
        users::create(self.app(), &ctx, By::Operator, new).await.unwrap();
        let mut person = self.stranger();
        person.login(email).await.ok();
        person
    }

    /// Disables an account.
    pub async fn disable(&self, person: &Person) {
        self.change_user(person, "UPDATE users SET is_active = FALSE WHERE id = $1").await;
    }

    /// Takes the phone number of an account for proved.
    pub async fn verify_phone(&self, person: &Person) {
        let statement = "UPDATE users SET phone_verified_at = created_at WHERE id = $1";
        self.change_user(person, statement).await;
    }

    async fn change_user(&self, person: &Person, statement: &'static str) {
        let (id, now) = (person.user_id(), self.clock.now());
        let unit = async move |db: store::Db| {
            db.execute(statement, args![id]).await?;
            store::revocations::insert(&db, None, Some(id), now).await
        };
        self.app().store.write(unit).await.unwrap();
        self.settle().await;
    }

    /// The row of the session that a person is signed in with.
    pub async fn session(&self, person: &Person) -> Session {
        let id = claims(person.access()).sid;
        let unit = async move |db| store::sessions::by_id(&db, id).await;
        self.app().store.get(unit).await.unwrap().unwrap()
    }
}

/// What an access token says, unverified.
pub fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What so many get who all begin at the same moment.
pub async fn at_once<F>(count: usize, start: impl Fn(usize) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (mut tasks, gate) = (JoinSet::new(), Arc::new(Barrier::new(count)));
    for number in 0..count {
        let (work, gate) = (start(number), gate.clone());
        tasks.spawn(async move {
            gate.wait().await;
            work.await
        });
    }
    tasks.join_all().await
}
