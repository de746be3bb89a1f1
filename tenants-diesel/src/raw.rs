//! Raw statements whose effect outlives their scope.

use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment, QueryId};

/// What a statement may begin with and still leave a connection that can be used again: leaving the
/// scope takes back whatever these do. Not `PREPARE` and `DEALLOCATE`, which change what Diesel's
/// cached statements are, nor `BEGIN`, `COPY`, `DO`, `CREATE` and whatever else there may be.
const REUSABLE: [&str; 19] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "WITH",
    "VALUES",
    "MERGE",
    "TABLE",
    "EXPLAIN",
    "SET",
    "RESET",
    "SHOW",
    "LOCK",
    "NOTIFY",
    "LISTEN",
    "UNLISTEN",
    "SAVEPOINT",
    "RELEASE",
    "DECLARE",
];

/// Whether the connection must be closed after this query, rather than used again.
///
/// Queries of a static type are Diesel's own, and never looked at.
pub(crate) fn outlives_its_scope<T: QueryFragment<Pg> + QueryId>(query: &T) -> bool {
    if T::query_id().is_some() {
        return false;
    }
    let mut builder = PgQueryBuilder::default();
    if query.to_sql(&mut builder, &Pg).is_err() {
        return false;
    }
    let sql = builder.finish();
    let word = first_word(&sql);
    !REUSABLE.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// The first word behind blanks, comments and parentheses; empty if that is not clear.
fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest =
            rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '(' || c == '\u{b}');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once(['\n', '\r']).map_or("", |(_, behind)| behind);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let (inside, behind) = comment.split_once("*/").unwrap_or(("/*", ""));
            if inside.contains("/*") {
                return "";
            }
            rest = behind;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            return &rest[..end];
        }
    }
}
