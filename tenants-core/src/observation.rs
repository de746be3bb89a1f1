//! What policies recorded while they only observed.
//!
//! Policies of [observed](crate::plan::Enforcement::Observe) tables call `tenants.observe` (`migrations/`) for each row
//! that enforced ones would hide or refuse. It keeps no value of a row and no tenant.

use std::fmt;

use crate::shown::Shown;

/// One row for each registered table of tenants: [`ObservedTable`]. `$1`, `$2`: schemas and names, as arrays.
pub const TABLES: &str = include_str!("observation/tables.sql");
/// One row for each [`Observation`], the newest first.
pub const KINDS: &str = include_str!("observation/kinds.sql");
/// Whether the table of observations is full, as column `is_full`: it then records nothing more.
pub const IS_FULL: &str =
    r#"SELECT pg_catalog.pg_table_size('"tenants"."observation"') > 16 * 1024 * 1024 AS "is_full""#;
/// Begins anew. Not `TRUNCATE`, for whose lock applications would wait.
pub const CLEAR: &str = r#"DELETE FROM "tenants"."observation""#;
/// Gives the room of what was deleted back, outside of a transaction and as far as none is open that may still see
/// it. Whoever reads and writes does not wait for it.
pub const VACUUM: &str = r#"VACUUM "tenants"."observation""#;

/// What the policies of a table do, with those of all that inherits from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They hold.
    Enforced,
    /// They let everything through, and record what they would not.
    Observed,
    /// Neither, or not everywhere.
    Open,
}

impl State {
    /// Reads the column `state` of [`TABLES`]; what is none is open.
    #[must_use]
    pub fn from_column(state: &str) -> Self {
        match state {
            "enforced" => Self::Enforced,
            "observed" => Self::Observed,
            _ => Self::Open,
        }
    }

    /// The word for it, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Observed => "observed",
            Self::Open => "open",
        }
    }
}

/// A registered table of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTable {
    /// Schema and name.
    pub table: String,
    /// What its policies do.
    pub state: State,
    /// Since when it is observed, in UTC.
    pub since: Option<String>,
}

/// Statements of one kind that met rows which enforced policies would hide or refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The table or partition.
    pub table: String,
    /// `USING`: rows would have been hidden from it. `WITH CHECK`: it would have been refused.
    pub side: String,
    /// Whether a tenant was set.
    pub is_scoped: bool,
    /// Who was connected.
    pub login: String,
    /// As whom, outside of scopes, if `SET ROLE` said so.
    pub role: Option<String>,
    /// The `application_name`.
    pub application: String,
    /// The beginning of what the client sent, with the values that it wrote into the text.
    pub statement: String,
    /// How often it was recorded: at most once a transaction, and seldom more than once an hour.
    pub records: i64,
    /// When it was recorded first, in UTC.
    pub first: String,
    /// When it was recorded last, in UTC.
    pub last: String,
}

/// What a database has observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The registered tables of tenants, by name.
    pub tables: Vec<ObservedTable>,
    /// What was recorded, the newest first; also of tables that are enforced since.
    pub observations: Vec<Observation>,
    /// Whether there is no room for more.
    pub is_full: bool,
}

impl Observed {
    /// Whether every table is observed or enforced, and nothing was recorded: silence of a table that nobody looks
    /// at says nothing.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.observations.is_empty()
            && !self.is_full
            && self.tables.iter().all(|table| table.state != State::Open)
    }
}

const INDENT: &str = "    ";

/// The tables, and below them what was recorded: table, side and who, then when, then the statement.
impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ObservedTable { table, state, since } in &self.tables {
            let since = since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
            writeln!(f, "{:<8}  {}{since}", state.as_str(), Shown(table))?;
        }
        for seen in &self.observations {
            write!(f, "\n{seen}")?;
        }
        writeln!(f)?;
        if self.is_full {
            writeln!(f, "There is no room for more: `tenants observed --clear` begins anew.")?;
        }
        if self.tables.iter().any(|table| table.state == State::Open) {
            writeln!(f, "Of open tables nothing is recorded: run `tenants migration generate`.")?;
        }
        match self.observations.len() {
            0 => writeln!(f, "Nothing was recorded."),
            1 => writeln!(f, "Recorded: 1 kind of statement."),
            count => writeln!(f, "Recorded: {count} kinds of statements."),
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = match self.side.as_str() {
            "USING" => "rows would be hidden",
            _ => "rows would be refused",
        };
        let scope = if self.is_scoped { "in a scope" } else { "WITHOUT A SCOPE" };
        writeln!(f, "{}: {would} ({}), {scope}", Shown(&self.table), Shown(&self.side))?;
        write!(f, "{INDENT}by {}", Shown(&self.login))?;
        if let Some(role) = &self.role {
            write!(f, " as {}", Shown(role))?;
        }
        if !self.application.is_empty() {
            write!(f, ", {}", Shown(&self.application))?;
        }
        let Self { records, first, last, .. } = self;
        writeln!(f, "; {records} times from {first} to {last}")?;
        let mut lines = self.statement.trim().lines();
        write!(f, "{INDENT}{}", Shown(lines.next().unwrap_or_default()))?;
        lines.try_for_each(|line| write!(f, "\n{INDENT}{}", Shown(line)))?;
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sent_cannot_clear_or_forge_the_terminal() {
        let hostile = "\u{1b}[2J\r\u{9b}1A\u{7f}\u{202e}\u{7}";
        let escaped = r"\u{1b}[2J\r\u{9b}1A\u{7f}\u{202e}\u{7}";
        let seen = Observation {
            table: format!("public.{hostile}"),
            side: "USING".to_owned(),
            is_scoped: true,
            login: format!("{hostile}\nlogin"),
            role: Some(format!("role{hostile}")),
            application: format!("{hostile}app"),
            statement: format!("\nSELECT 'é',\r\n\t'{hostile}'\n\nNothing was recorded.\n"),
            records: 2,
            first: "first".to_owned(),
            last: "last".to_owned(),
        };
        let expected = format!(
            "public.{escaped}: rows would be hidden (USING), in a scope\n    \
             by {escaped}\\nlogin as role{escaped}, {escaped}app; 2 times from first to last\n    \
             SELECT 'é',\n    \t'{escaped}'\n    \n    Nothing was recorded.\n"
        );
        assert_eq!(seen.to_string(), expected);
        let observed = Observed {
            tables: vec![ObservedTable {
                table: format!("public.{hostile}"),
                state: State::Observed,
                since: None,
            }],
            observations: vec![],
            is_full: false,
        };
        assert!(observed.to_string().starts_with(&format!("observed  public.{escaped}\n")));
    }
}
