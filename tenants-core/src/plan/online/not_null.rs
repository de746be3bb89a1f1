//! NOT NULL, proved by a constraint ahead of it.

use crate::catalog::{Column, Relation};
use crate::ddl::check;
use crate::plan::{Drift, Step};
use crate::quote::{Identifier, Sql, TableName};

use super::migration::{Action, Migration, Part};

/// The constraint that proves that a tenant column holds no NULL.
pub(super) struct Proof<'a> {
    table: &'a TableName,
    column: &'a Identifier,
    /// Whether ours is there, left by a series that was not run to its end.
    pub(super) is_begun: bool,
    /// Whether ours, or one of the application, was validated already.
    is_done: bool,
    /// Whether the owner sees all rows.
    owner_sees: bool,
}

impl<'a> Proof<'a> {
    pub(super) fn of(root: &'a Relation, column: &'a Identifier, live: &Column) -> Self {
        let name = check::name(&root.name);
        Self {
            table: &root.name,
            column,
            is_begun: live.checks.iter().any(|check| check.name == name),
            is_done: live.checks.iter().any(|check| check.is_valid),
            owner_sees: !root.force_row_security,
        }
    }

    /// Whether rows without a tenant stop the series before the constraint is added. Where policies bind the owner,
    /// only its validation finds them.
    pub(super) fn asks_first(&self) -> bool {
        !self.is_begun && !self.is_done && self.owner_sees
    }

    /// Removes our constraint, once NOT NULL says the same.
    pub(super) fn removal(&self) -> Option<Step> {
        (self.is_begun || !self.is_done).then(|| Step {
            on: Some(self.table.clone()),
            drift: Drift::Nullable,
            up: check::drop(self.table),
            down: check::add(self.table, self.column),
        })
    }

    /// The migrations that add the constraint, validate it, and set NOT NULL.
    pub(super) fn migrations(&self, not_null: &Step) -> Vec<Migration> {
        let (table, on) = (self.table, Some(self.table));
        let lock = || Action::Lock(table.clone());
        let add = || Action::Run(check::add(table, self.column));
        let drop = || Action::Run(check::drop(table));
        let validate = || Action::Run(check::validate(table));
        let mut migrations = Vec::new();
        if !self.is_begun && !self.is_done {
            let ask = self.asks_first().then(|| check::refuse_without_tenant(table, self.column));
            let up = ask.map(Action::Run).into_iter().chain([lock(), add()]);
            migrations.push(Migration::new(Part::Check, on, up, [lock(), drop()]));
        }
        if !self.is_done {
            let (up, down) = ([Action::Wait, validate()], [lock(), drop(), add()]);
            migrations.push(Migration::new(Part::Validate, on, up, down));
        }
        let run = |sql: &Sql| Action::Run(sql.clone());
        let up = [lock(), run(&not_null.up)];
        let down = [lock(), run(&not_null.down)];
        // Validated again, ahead of the lock: the series can be run again from here at once.
        let again = self.removal().map(|_| [Action::Wait, validate()]);
        let down = again.into_iter().flatten().chain(down);
        migrations.push(Migration::new(Part::NotNull, on, up, down));
        migrations
    }
}
