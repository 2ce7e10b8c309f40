//! What the audit log says, and what people see of it.

use serde_json::json;

use crate::world::{World, claims};

const ANNA: &str = "anna@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_did_it_and_in_which_session() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    anna.patch("/api/v1/auth/profile", json!({ "bio": "Sailor" })).await.ok();
    let (id, session) = (anna.user_id(), claims(anna.access()).sid);
    let unit = async move |db| store::events::of_subject(&db, id, 1).await;
    let rows = world.store().get(unit).await.unwrap();
    assert_eq!(rows[0].event, "user.profile_updated");
    assert_eq!((rows[0].actor_id, rows[0].session_id), (Some(id), Some(session)));
}
