//! A plan as a part of a migration that makes the tables.

use super::{Plan, file};

impl Plan {
    /// The contents of an `up.sql` that makes the tables, to be followed by what they lack.
    #[must_use]
    pub fn complete_up(&self, up: &str) -> String {
        let part = file(UP_HEADER, self.ups());
        // A statement without its semicolon would take our first one into it; one more is nothing.
        let end = match up.trim_end() {
            made if made.len() == up.len() && made.ends_with(';') => "\n",
            made if made.is_empty() || made.ends_with(';') => "",
            _ => "\n;\n",
        };
        format!("{up}{end}\n{part}")
    }

    /// The contents of the `down.sql` beside it: what takes that back goes first.
    #[must_use]
    pub fn complete_down(&self, down: &str) -> String {
        format!("{}\n{down}", file(DOWN_HEADER, self.downs()))
    }
}

const UP_HEADER: &str = "\
-- Added by `tenants migration generate --into`. In the tables that this migration makes, PostgreSQL
-- itself keeps the rows of tenants apart: see \"tenants\".\"current_tenant\"(), which all policies and
-- defaults below name.
";

const DOWN_HEADER: &str = "\
-- Added by `tenants migration generate --into`. Takes back what that added to up.sql, statement by
-- statement: what that protects is protected no more.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_and_ends_in_a_line_of_its_own() {
        let up = |up: &str| Plan::default().complete_up(up);
        for (there, end) in [
            ("CREATE TABLE posts ();\r\n", "\n-- Added"),
            ("CREATE TABLE posts ();", "\n\n-- Added"),
            ("CREATE TABLE posts ()\n", "\n;\n\n-- Added"),
            ("CREATE TABLE posts (); -- all", "\n;\n\n-- Added"),
            ("", "\n-- Added"),
        ] {
            let rest = up(there).strip_prefix(there).map(str::to_owned);
            assert!(rest.is_some_and(|rest| rest.starts_with(end)), "{}", up(there));
        }
        assert!(Plan::default().complete_down("DROP TABLE posts").ends_with("\nDROP TABLE posts"));
    }
}
