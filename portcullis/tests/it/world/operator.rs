//! What a test does without HTTP: commands of the operator, rows that no endpoint shows, the cost
//! of a request, and concurrent calls.

use std::sync::Arc;

use app::{
    Ctx,
    access::guard,
    account::users::{self, NewUser},
    engine::keys::Keys,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Span,
    account::User,
    session::{Session, access_token::Claims},
    settings::Settings,
};
use store::{Store, args};
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

    /// The number of hashes and statements that one request costs: the minimum of several runs,
    /// since background work adds to it.
    pub async fn cost(&self, mut request: impl AsyncFnMut()) -> (u64, u64) {
        let mut least = (u64::MAX, u64::MAX);
        for _ in 0..3 {
            let before = (self.app().hashes(), self.app().statements());
            request().await;
            let after = (self.app().hashes(), self.app().statements());
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

    /// What a command of the operator runs with.
    pub fn ctx(&self) -> Ctx {
        Ctx::local(self.clock.now(), "test")
    }

    /// Creates an account, as `portcullis users create` does.
    pub async fn create_user(&self, new: NewUser) -> app::Result<User> {
        users::create(self.app(), &self.ctx(), &guard::operator(), new).await
    }

    /// A superuser, signed in.
    pub async fn admin(&self, email: &str) -> Person {
        self.create_user(NewUser::superuser(email.into(), PASSWORD.into())).await.unwrap();
        self.signed_in(email).await
    }

    /// Disables an account, as `portcullis users disable` does.
    pub async fn disable(&self, person: &Person) {
        let (app, acting) = (self.app(), guard::operator());
        users::disable(app, &self.ctx(), &acting, person.user_id()).await.unwrap();
    }

    /// Marks the phone number of an account as verified. No command of the product does that yet.
    pub async fn verify_phone(&self, person: &Person) {
        let (id, now) = (person.user_id(), self.clock.now());
        let unit = async move |db: store::Db| {
            let statement = "UPDATE users SET phone_verified_at = created_at WHERE id = $1";
            db.execute(statement, args![id]).await?;
            store::revocations::insert(&db, None, Some(id), now).await
        };
        self.store().write(unit).await.unwrap();
        self.settle().await;
    }

    /// The database itself, for what no command of the product shows or does.
    pub fn store(&self) -> &Store {
        self.running().store()
    }

    /// The keys of the server, opened once more.
    pub async fn keys(&self) -> Keys {
        Keys::open(&self.settings, self.store(), &self.clock).await.unwrap()
    }

    /// The row of the session that a person is signed in with.
    pub async fn session(&self, person: &Person) -> Session {
        let id = claims(person.access()).sid;
        let unit = async move |db| store::sessions::by_id(&db, id).await;
        self.store().get(unit).await.unwrap().unwrap()
    }
}

/// What an access token says, unverified.
pub fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Runs this number of tasks that all start at the same time, and returns their results.
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
