//! Values in PostgreSQL's binary format.

use domain::Time;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use uuid::Uuid;

use super::meaning;
use crate::db::{Result, Value};

/// PostgreSQL counts microseconds since the year 2000.
const EPOCH: i64 = 946_684_800_000_000;

type Failure = Box<dyn std::error::Error + Sync + Send>;

pub(in crate::db) fn value(row: &tokio_postgres::Row, index: usize) -> Result<Value<'_>> {
    row.try_get(index).map_err(meaning)
}

/// The type to declare where the server is not asked for it first.
pub(super) fn type_of(value: &Value<'_>) -> Type {
    match value {
        // The server infers it.
        Value::Null => Type::UNKNOWN,
        Value::Text(_) => Type::TEXT,
        Value::Int(_) => Type::INT8,
        Value::Bool(_) => Type::BOOL,
        Value::Bytes(_) => Type::BYTEA,
        Value::Id(_) => Type::UUID,
        Value::Time(_) => Type::TIMESTAMPTZ,
        Value::Json(_) => Type::JSONB,
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *ty {
            Type::TEXT | Type::VARCHAR => Value::Text(<&str>::from_sql(ty, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(raw),
            Type::UUID => Value::Id(Uuid::from_sql(ty, raw)?),
            Type::TIMESTAMPTZ => Value::Time(Time(
                EPOCH.checked_add(i64::from_sql(&Type::INT8, raw)?).ok_or("a time out of range")?,
            )),
            Type::JSONB => match raw.split_first() {
                Some((1, text)) => Value::Json(std::str::from_utf8(text)?.into()),
                _ => return Err("an unknown version of JSONB".into()),
            },
            _ => return Err(format!("a column of the type {ty}, which we do not use").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Text(it), &Type::TEXT | &Type::VARCHAR) => it.to_sql(ty, out),
            (Value::Int(it), &Type::INT8) => it.to_sql(ty, out),
            (Value::Int(it), &Type::INT4) => i32::try_from(*it)?.to_sql(ty, out),
            (Value::Bool(it), &Type::BOOL) => it.to_sql(ty, out),
            (Value::Bytes(it), &Type::BYTEA) => it.to_sql(ty, out),
            (Value::Id(it), &Type::UUID) => it.to_sql(ty, out),
            (Value::Time(it), &Type::TIMESTAMPTZ) => {
                let since = it.0.checked_sub(EPOCH).ok_or("a time out of range")?;
                since.to_sql(&Type::INT8, out)
            }
            (Value::Json(it), &Type::JSONB) => {
                out.extend_from_slice(&[1]);
                out.extend_from_slice(it.as_bytes());
                Ok(IsNull::No)
            }
            _ => Err(format!("{} given where {ty} is expected", self.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}
