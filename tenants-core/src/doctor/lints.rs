//! All lints. Their ids are for ever: one that is not needed any more leaves a gap.

use super::lint::{Check, Lint, Severity};

/// The query of a lint: what all share, and its own file.
macro_rules! catalog {
    ($file:literal) => {
        Check::Catalog(concat!(include_str!("prelude.sql"), include_str!(concat!("lints/", $file))))
    };
}

/// All lints, in the order of their ids: `T1..` roles and logins, `T2..` policies, `T3..` columns and keys, `T4..`
/// rights, `T5..` views, functions and what else reads tables, `T6..` the server, `T7..` speed.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "T101",
        severity: Severity::Critical,
        title: "the database is not set up for this login",
        meaning: "A role or a function that scopes need is missing, or the login may not use it. Other lints \
            cannot see what depends on it.",
        remedy: "Run `tenants setup` again, and check the names given to the doctor.",
        check: catalog!("T101_not_set_up.sql"),
    },
    Lint {
        id: "T102",
        severity: Severity::Critical,
        title: "a role that serves requests has a power that no policy binds",
        meaning: "A superuser and BYPASSRLS read every row, REPLICATION reads all that is written, CREATEROLE makes \
            itself a member of other roles (up to PostgreSQL 15 of `pg_execute_server_program`, too), and CREATEDB \
            copies this database. It is enough that the login may become such a role.",
        remedy: "Take the attribute away, or the membership.",
        check: catalog!("T102_powerful_role.sql"),
    },
    Lint {
        id: "T202",
        severity: Severity::Critical,
        title: "row-level security is off",
        meaning: "The table's policies do nothing: whoever may read it reads the rows of all tenants.",
        remedy: "Enable it, or run `tenants migration generate`.",
        check: catalog!("T202_row_security_off.sql"),
    },
    Lint {
        id: "T203",
        severity: Severity::Critical,
        title: "row-level security does not bind the owner",
        meaning: "Views and SECURITY DEFINER functions of the table's owner read the rows of all tenants for whoever \
            uses them.",
        remedy: "Force it, or run `tenants migration generate`.",
        check: catalog!("T203_not_forced.sql"),
    },
    Lint {
        id: "T204",
        severity: Severity::Critical,
        title: "a policy is missing or is not ours",
        meaning: "A table of tenants, and each of its partitions, has `tenants_isolation`, `tenants_guard` and \
            `tenants_admin`, word for word as the generator writes them. Another condition, another role or another \
            kind can show the rows of all tenants, or none.",
        remedy: "Replace the policy. A missing one is also made by `tenants migration generate`.",
        check: catalog!("T204_policy_differs.sql"),
    },
    Lint {
        id: "T401",
        severity: Severity::Critical,
        title: "a right on a table that policies do not cover",
        meaning: "TRUNCATE ignores policies and removes the rows of all tenants, TRIGGER runs one tenant's code for \
            another, REFERENCES proves which rows of others are there, and MAINTAIN locks the table for everybody.",
        remedy: "Revoke it, or run `tenants migration generate`.",
        check: catalog!("T401_rights_beyond.sql"),
    },
];
