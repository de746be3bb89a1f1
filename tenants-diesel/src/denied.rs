//! Statements that the server denies, explained.

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::SqlQuery;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Nullable, Text};
use tenants_core::Identifier;
use tenants_core::denial::{Denials, DeniedBy, SAID, Said, ask_as};
use thiserror::Error;

use crate::error::{is_untold, of_guard};

/// Why the server denied a statement in scope (SQLSTATE 42501), and what to do.
///
/// The error of the statement stays the server's, a [`diesel::result::Error::DatabaseError`], for code that
/// matches it: its message gets the remedy behind what the server said, its `table_name` and `hint` are filled in,
/// and [`Denied::of`] finds this in it. No row is shown, and what the server says in its `DETAIL` is left out.
///
/// Policies deny writes alone. To read, change or delete a row that is not the tenant's is no error: the row is not
/// there, and the statement counts 0 rows. What `INSERT` and `UPDATE` write is [`DeniedBy::WithCheck`]; `ON CONFLICT
/// DO UPDATE` on a row that is not the tenant's, which takes a unique key without the tenant column, is
/// [`DeniedBy::Using`].
///
/// # Security
///
/// An explanation is read from what the server says, in whatever language, because Diesel hides SQLSTATEs: see
/// [`tenants_core::denial`]. It tells a developer what to mend, and nothing must depend on it.
///
/// # Examples
///
/// ```
/// use tenants_diesel::{Denied, DeniedBy};
///
/// fn status(error: &diesel::result::Error) -> u16 {
///     match Denied::of(error) {
///         Some(Denied { by: DeniedBy::WithCheck, .. }) => 403,
///         _ => 500,
///     }
/// }
/// assert_eq!(status(&diesel::result::Error::NotFound), 500);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{object}` was denied: {by}")]
#[non_exhaustive]
pub struct Denied {
    /// How.
    pub by: DeniedBy,
    /// The table, view, sequence, function or schema, as the server names it: without its schema.
    pub object: String,
}

impl Denied {
    /// Finds the explanation in an error that a statement returned.
    ///
    /// `None` for other errors, also those that functions of the application raise with SQLSTATE 42501, and if
    /// the pool could not ask the server for its words when it was built: `tenants setup` lets it.
    #[must_use]
    pub fn of(error: &DieselError) -> Option<Self> {
        match error {
            DieselError::DatabaseError(_, said) => Some(Self {
                by: said.constraint_name().and_then(DeniedBy::from_constraint_name)?,
                object: said.table_name()?.to_owned(),
            }),
            _ => None,
        }
    }
}

/// The error of a statement in scope, with the reason if a guard or the server denied it.
pub(crate) fn refused(error: DieselError, denials: &Denials) -> DieselError {
    if !is_untold(&error) {
        return of_guard(error);
    }
    let DieselError::DatabaseError(_, said) = &error else { return error };
    let Some((by, object)) = denials.recognise(said.message()) else { return error };
    let explained = Explained {
        message: format!("{}; {by}", said.message()),
        object: object.to_owned(),
        hint: by.to_string(),
        by,
        position: said.statement_position(),
    };
    DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(explained))
}

struct Explained {
    message: String,
    object: String,
    hint: String,
    by: DeniedBy,
    position: Option<i32>,
}

impl DatabaseErrorInformation for Explained {
    fn message(&self) -> &str {
        &self.message
    }

    /// May hold a row.
    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        Some(&self.hint)
    }

    fn table_name(&self) -> Option<&str> {
        Some(&self.object)
    }

    fn column_name(&self) -> Option<&str> {
        None
    }

    /// What survives where [`DieselError`] holds a type of others: see [`DeniedBy::constraint_name`].
    fn constraint_name(&self) -> Option<&str> {
        Some(self.by.constraint_name())
    }

    fn statement_position(&self) -> Option<i32> {
        self.position
    }
}

/// A row of [`SAID`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct SaidRow {
    #[diesel(sql_type = Text)]
    by: String,
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Nullable<Text>)]
    policy: Option<String>,
    #[diesel(sql_type = Text)]
    message: String,
}

impl From<SaidRow> for Said {
    fn from(SaidRow { by, object, policy, message }: SaidRow) -> Self {
        Self { by, object, policy, message }
    }
}

/// What a server denied a pool that was asked for its words: nothing, if it is not set up for that.
pub(crate) fn learned(rows: Result<Vec<SaidRow>, DieselError>) -> Result<Denials, DieselError> {
    match rows {
        Ok(rows) => Ok(Denials::new(rows.into_iter().map(Said::from))),
        Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)) => Ok(Denials::default()),
        Err(error) => Err(error),
    }
}

/// The statement of [`ask_as`].
pub(crate) fn as_role(app: &Identifier) -> SqlQuery {
    diesel::sql_query(ask_as(app).as_str())
}

/// The query of [`SAID`].
pub(crate) fn said() -> SqlQuery {
    diesel::sql_query(SAID)
}
