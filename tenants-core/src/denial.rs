//! What PostgreSQL says when it denies something (SQLSTATE 42501), and how it is told from other errors.
//!
//! Drivers hide the SQLSTATE, and servers speak other languages. So a pool has the server deny what is there
//! to be denied (`tenants.denials()`, in `migrations/`), and recognises by its words what is denied later.

use std::fmt;

use crate::quote::{Identifier, Sql, sql};

/// What the server says, one row each: [`Said`].
pub const SAID: &str = r#"SELECT "by", "object", "policy", "message" FROM "tenants"."denials"()"#;

/// Takes the role that is denied, for the transaction in which [`SAID`] is asked.
#[must_use]
pub fn ask_as(app: &Identifier) -> Sql {
    sql!("SET LOCAL ROLE {app}", app = app)
}

/// How the server denied a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeniedBy {
    /// The `WITH CHECK` of a policy: the row that was to be written is not the tenant's.
    WithCheck,
    /// The `USING` of a policy: `ON CONFLICT DO UPDATE` met a row that the tenant does not see.
    Using,
    /// No right on a table or view.
    Table,
    /// No right on a sequence.
    Sequence,
    /// No right on a function.
    Function,
    /// No right on a schema.
    Schema,
}

impl DeniedBy {
    const ALL: [Self; 6] =
        [Self::WithCheck, Self::Using, Self::Table, Self::Sequence, Self::Function, Self::Schema];

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "check" => Self::WithCheck,
            "using" => Self::Using,
            "table" => Self::Table,
            "sequence" => Self::Sequence,
            "function" => Self::Function,
            "schema" => Self::Schema,
            _ => return None,
        })
    }

    /// The name by which an explained error carries this where errors name a constraint.
    #[must_use]
    pub const fn constraint_name(self) -> &'static str {
        match self {
            Self::WithCheck => "tenants_denied_by_check",
            Self::Using => "tenants_denied_by_using",
            Self::Table => "tenants_denied_table",
            Self::Sequence => "tenants_denied_sequence",
            Self::Function => "tenants_denied_function",
            Self::Schema => "tenants_denied_schema",
        }
    }

    /// Reads [`constraint_name`](Self::constraint_name).
    #[must_use]
    pub fn from_constraint_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.constraint_name() == name)
    }
}

/// What was denied and what to do about it.
impl fmt::Display for DeniedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WithCheck => {
                "WITH CHECK of its policies allows the rows of the scope's tenant alone: leave the tenant column out of inserts and updates, its default is the tenant"
            }
            Self::Using => {
                "USING of its policies hides the row in conflict, which is another tenant's: begin the unique key with the tenant column"
            }
            Self::Table => {
                "the runtime role has no such right on the table: tag its struct and run `tenants migration generate`, or apply the migration that it wrote"
            }
            Self::Sequence => {
                "the runtime role has no right on the sequence: run `tenants migration generate` if a column of a tagged table draws from it, or GRANT USAGE on it"
            }
            Self::Function => {
                "the runtime role may not call the function: GRANT EXECUTE on it, or run `tenants setup` if it is in the schema `tenants`"
            }
            Self::Schema => {
                "the runtime role has no right on the schema: run `tenants migration generate` if it holds a tagged table, or GRANT USAGE on it"
            }
        })
    }
}

/// A row of [`SAID`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How it was denied.
    pub by: String,
    /// What was denied.
    pub object: String,
    /// The policy that the server names.
    pub policy: Option<String>,
    /// What the server said.
    pub message: String,
}

/// What one server says in its language. Empty, it recognises nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denials(Vec<Form>);

impl Denials {
    /// Learns what the server said.
    #[must_use]
    pub fn new(said: impl IntoIterator<Item = Said>) -> Self {
        Self(said.into_iter().filter_map(Form::new).collect())
    }

    /// How a message denies what: the name is the server's, without its schema.
    #[must_use]
    pub fn recognise<'a>(&self, message: &'a str) -> Option<(DeniedBy, &'a str)> {
        self.0.iter().find_map(|form| Some((form.by, form.object_of(message)?)))
    }
}

/// A message without its names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    by: DeniedBy,
    before: String,
    /// Between the two names, if there are two, and whether the object is the first.
    between: Option<(String, bool)>,
    after: String,
}

impl Form {
    fn new(said: Said) -> Option<Self> {
        let by = DeniedBy::from_name(&said.by)?;
        let (before, after) = split_at_only(&said.message, &said.object)?;
        let form = match &said.policy {
            None => Self { by, before: before.into(), between: None, after: after.into() },
            Some(policy) => match (split_at_only(before, policy), split_at_only(after, policy)) {
                (Some((before, between)), None) => Self {
                    by,
                    before: before.into(),
                    between: Some((between.into(), false)),
                    after: after.into(),
                },
                (None, Some((between, after))) => Self {
                    by,
                    before: before.into(),
                    between: Some((between.into(), true)),
                    after: after.into(),
                },
                _ => return None,
            },
        };
        // Names alone would match anything.
        let is_text = |text: &str| text.chars().any(char::is_alphabetic);
        (is_text(&form.before) || is_text(&form.after)).then_some(form)
    }

    fn object_of<'a>(&self, message: &'a str) -> Option<&'a str> {
        let names = message.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        match &self.between {
            None => Some(names),
            Some((between, is_first)) => {
                let (first, second) = names.split_once(between)?;
                Some(if *is_first { first } else { second })
            }
        }
    }
}

/// Splits a text at a name, unless it stands there twice: then one may be a part of a word.
fn split_at_only<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(name).filter(|(_, rest)| !rest.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(by: &str, object: &str, policy: Option<&str>, message: &str) -> Said {
        let [by, object, message] = [by, object, message].map(str::to_owned);
        Said { by, object, policy: policy.map(str::to_owned), message }
    }

    fn english() -> Denials {
        Denials::new([
            said("check", "tbl", None, r#"row violates policy for table "tbl""#),
            said("check", "tbl", Some("grd"), r#"row violates policy "grd" for table "tbl""#),
            said("using", "tbl", None, r#"row violates policy (USING) for table "tbl""#),
            said(
                "using",
                "tbl",
                Some("grd"),
                r#"row violates policy "grd" (USING) for table "tbl""#,
            ),
            said("table", "pg_authid", None, "permission denied for table pg_authid"),
        ])
    }

    #[test]
    fn a_message_is_recognised_by_its_words_and_names_the_table() {
        for (message, found) in [
            (r#"row violates policy for table "a b""#, Some((DeniedBy::WithCheck, "a b"))),
            (r#"row violates policy "g" for table "posts""#, Some((DeniedBy::WithCheck, "posts"))),
            (r#"row violates policy (USING) for table "posts""#, Some((DeniedBy::Using, "posts"))),
            (r#"row violates policy "g" (USING) for table "x""#, Some((DeniedBy::Using, "x"))),
            ("permission denied for table posts", Some((DeniedBy::Table, "posts"))),
            ("permission denied", None),
            ("permission denied for schema a", None),
            (r#"my row violates policy for table "a""#, None),
            (r#"row violates policy for table "a": b"#, None),
        ] {
            assert_eq!(english().recognise(message), found, "{message}");
        }
        assert_eq!(Denials::default().recognise("permission denied for table posts"), None);
    }

    #[test]
    fn names_may_stand_in_another_order() {
        let other = Denials::new([
            said("check", "tbl", Some("pol"), "Tabelle »tbl«: Policy »pol« verletzt"),
            said("table", "x", None, "x"),
            said("table", "x", None, "«x»"),
            said("unheard of", "x", None, "about x"),
            said("table", "x", None, "x is not for x"),
        ]);
        let found = other.recognise("Tabelle »posts«: Policy »eigene« verletzt");
        assert_eq!(found, Some((DeniedBy::WithCheck, "posts")));
        assert_eq!(other.recognise("anything"), None);
        assert_eq!(other.recognise("about y"), None);
    }

    #[test]
    fn each_is_known_by_its_constraint_name() {
        for by in DeniedBy::ALL {
            assert_eq!(DeniedBy::from_constraint_name(by.constraint_name()), Some(by));
        }
        assert_eq!(DeniedBy::from_constraint_name("posts_pkey"), None);
    }
}
