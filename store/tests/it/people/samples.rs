//! A table with one column of every kind, for the test that each survives a round trip.

use domain::Time;
use store::{Db, Result, args, db::Json, entity, sql};
use uuid::Uuid;

entity! {
    pub struct Sample {
        pub id: Uuid,
        pub text: String,
        pub int: i64,
        pub bool: bool,
        pub bytes: Vec<u8>,
        pub time: Time,
        pub json: Json,
        pub no_id: Option<Uuid>,
        pub no_text: Option<String>,
        pub no_int: Option<i64>,
        pub no_bool: Option<bool>,
        pub no_bytes: Option<Vec<u8>>,
        pub no_time: Option<Time>,
        pub no_json: Option<Json>,
    }
}

pub async fn insert(db: &Db, sample: &Sample) -> Result<u64> {
    db.execute(
        sql!("INSERT INTO samples (", columns!(), ") VALUES (", placeholders!(), ")"),
        &values(sample),
    )
    .await
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<Sample>> {
    db.optional(sql!("SELECT ", columns!(), " FROM samples WHERE id = $1"), args![id]).await
}

/// The ids whose every column holds exactly this, or is not asked about.
pub async fn matching(db: &Db, like: &Sample, time: Option<Time>) -> Result<Vec<Sample>> {
    db.all(
        sql!(
            "SELECT ",
            columns!(),
            " FROM samples
             WHERE (CAST($6 AS TIMESTAMPTZ) IS NULL OR time = $6)
               AND bytes = $5 AND bool = $4 AND int = $3 AND text = $2 AND id = $1
             ORDER BY id"
        ),
        args![like.id, like.text, like.int, like.bool, like.bytes, time],
    )
    .await
}
