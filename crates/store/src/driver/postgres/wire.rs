//! Statements and values on the wire.

use std::error::Error as _;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Error, Statement};

use crate::StoreError;
use crate::group::StepError;
use crate::value::{Outcome, Row, Value};

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A unique or foreign key was violated.
    Violation(String),
    /// The connection broke, or the server asks to try again: the transaction is gone.
    Transient(String),
    /// Anything else.
    Store(StoreError),
}

impl Trouble {
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Violation(why) => StoreError::Engine(why),
            Self::Transient(why) => StoreError::Unavailable(why),
            Self::Store(error) => error,
        }
    }

    /// As the fault of one request, or as the end of the whole transaction.
    pub(super) fn of_request(self) -> Result<StepError, String> {
        match self {
            Self::Violation(why) => Ok(StepError::Violation(why)),
            Self::Store(error) => Ok(StepError::Store(error)),
            Self::Transient(why) => Err(why),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let Some(failure) = error.as_db_error() else {
            // The driver's own messages name the kind of trouble, the source says why.
            let why =
                error.source().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
            return if error.is_closed()
                || error.source().is_some_and(|why| why.is::<std::io::Error>())
            {
                Self::Transient(why)
            } else {
                Self::Store(StoreError::Engine(why))
            };
        };
        // The message has no values in it; the detail might.
        let code = failure.code();
        let why = format!("{} ({})", failure.message(), code.code());
        if [SqlState::UNIQUE_VIOLATION, SqlState::FOREIGN_KEY_VIOLATION].contains(code) {
            return Self::Violation(why);
        }
        match code.code().get(..2) {
            // Data exception, integrity constraint, limit exceeded.
            Some("22" | "23" | "54") => Self::Store(StoreError::Unstorable(why)),
            _ if *code == SqlState::QUERY_CANCELED => Self::Store(StoreError::Engine(why)),
            // Connection, rollback by the server, read-only or idle transaction, resources, locks,
            // shutting down.
            Some("08" | "40" | "25" | "53" | "55" | "57") => Self::Transient(why),
            _ => Self::Store(StoreError::Engine(why)),
        }
    }
}

/// Runs a prepared statement. The first poll sends it, so that several polled in order travel
/// together.
pub(super) async fn call(
    client: &Client,
    statement: &Statement,
    params: &[Value],
) -> Result<Outcome, Trouble> {
    let params = params.iter().map(|value| value as &(dyn ToSql + Sync));
    let mut stream = pin!(client.query_raw(statement, params).await?);
    let mut outcome = Outcome::default();
    while let Some(row) = stream.next().await {
        outcome.rows.push(values(&row?)?);
    }
    outcome.affected = stream.rows_affected().unwrap_or(0);
    Ok(outcome)
}

/// Polls all futures in their order until each is done. The order of the first polls is the order
/// on the wire, which is why this isn't left to a general combinator.
pub(super) async fn in_order<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut pending = false;
        for (future, result) in waiting.iter_mut().zip(&mut results) {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *result = Some(output),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(results.drain(..).flatten().collect()) }
    })
    .await
}

fn values(row: &tokio_postgres::Row) -> Result<Row, Trouble> {
    let column = |(place, column): (usize, &tokio_postgres::Column)| {
        Ok(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.map(Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(place)?.map(|n| Value::Int(n.into())),
            Type::BOOL => row.try_get::<_, Option<bool>>(place)?.map(|b| Value::Int(b.into())),
            Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(place)?.map(Value::Text),
            // Any other type fits no column: as bytes it is refused with the column's name.
            _ => row.try_get::<_, Option<Raw>>(place)?.map(|raw| Value::Blob(raw.0)),
        }
        .unwrap_or(Value::Null))
    };
    row.columns().iter().enumerate().map(column).collect()
}

/// The bytes of a column as they came.
struct Raw(Vec<u8>);

impl<'a> tokio_postgres::types::FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number) | Self::Now(number), &Type::INT8) => number.to_sql(ty, out),
            (Self::Ahead(ahead), &Type::INT8) => ahead.settled.to_sql(ty, out),
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR)) => text.to_sql(ty, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (value, ty) => Err(format!("{value:?} where the statement takes {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
