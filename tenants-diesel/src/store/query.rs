//! A statement of a store, to Diesel.

use diesel::QueryResult;
use diesel::backend::{Backend, DieselReserveSpecialization};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text, Untyped};
use tenants_core::store::{Statement, Value};

/// A statement of a store, to Diesel.
///
/// As [`diesel::sql_query`], which has each statement prepared anew, in a round trip of its own.
pub(super) struct StatementQuery<'a>(pub(super) &'a Statement);

impl<DB> QueryFragment<DB> for StatementQuery<'_>
where
    DB: Backend + DieselReserveSpecialization + HasSqlType<Text> + HasSqlType<BigInt>,
    Option<String>: ToSql<Nullable<Text>, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.0.is_kept() {
            out.unsafe_to_cache_prepared();
        }
        let mut values = self.0.values().iter();
        for piece in self.0.pieces() {
            out.push_sql(piece);
            match values.next() {
                Some(Value::Text(text)) => out.push_bind_param::<Nullable<Text>, _>(text)?,
                Some(Value::Integer(number)) => out.push_bind_param::<BigInt, _>(number)?,
                None => {}
            }
        }
        Ok(())
    }
}

impl QueryId for StatementQuery<'_> {
    type QueryId = ();

    /// Known by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for StatementQuery<'_> {
    type SqlType = Untyped;
}

impl<C> diesel::RunQueryDsl<C> for StatementQuery<'_> {}
