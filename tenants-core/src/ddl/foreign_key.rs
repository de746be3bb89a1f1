//! A foreign key between tables of tenants, with the tenant column on both sides and without.

use crate::catalog::{Action, ForeignKey};
use crate::quote::{Identifier, List, Literal, Sql, sql};

/// Drops it; or nothing: the table may have been dropped and created again since it was made.
#[must_use]
pub fn drop(key: &ForeignKey) -> Sql {
    sql!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", table = key.table, name = key.name,)
}

/// Creates it as it is in the catalog.
#[must_use]
pub fn restore(key: &ForeignKey) -> Vec<Sql> {
    let add = sql!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
        table = key.table,
        name = key.name,
        definition = key.definition,
    );
    std::iter::once(add).chain(comment(key)).collect()
}

/// Creates it under the same name, with `tenant` in front of its columns.
#[must_use]
pub fn compose(key: &ForeignKey, tenant: &Identifier) -> Vec<Sql> {
    let led =
        |lead: &Identifier, columns: &[Identifier]| [std::slice::from_ref(lead), columns].concat();
    let add = sql!(
        "ALTER TABLE {table} ADD CONSTRAINT {name}
    FOREIGN KEY ({columns}) REFERENCES {references} ({referenced}){match_type}{on_update}{on_delete}{tail}",
        table = key.table,
        name = key.name,
        columns = List(&led(tenant, &key.columns)),
        references = key.references,
        referenced = List(&led(&key.referenced_tenant, &key.referenced_columns)),
        match_type = Sql::fixed(if key.is_match_full { " MATCH FULL" } else { "" }),
        on_update = on_update(key.on_update),
        on_delete = on_delete(key),
        tail = key.tail,
    );
    std::iter::once(add).chain(comment(key)).collect()
}

fn on_update(action: Action) -> Sql {
    Sql::fixed(match action {
        Action::No => "",
        Action::Restrict => " ON UPDATE RESTRICT",
        Action::Cascade => " ON UPDATE CASCADE",
        Action::SetNull => " ON UPDATE SET NULL",
        Action::SetDefault => " ON UPDATE SET DEFAULT",
    })
}

/// What sets columns names them, so that the tenant column stays.
fn on_delete(key: &ForeignKey) -> Sql {
    let set = if key.set_columns.is_empty() { &key.columns } else { &key.set_columns };
    match key.on_delete {
        Action::No => Sql::fixed(""),
        Action::Restrict => Sql::fixed(" ON DELETE RESTRICT"),
        Action::Cascade => Sql::fixed(" ON DELETE CASCADE"),
        Action::SetNull => sql!(" ON DELETE SET NULL ({set})", set = List(set)),
        Action::SetDefault => sql!(" ON DELETE SET DEFAULT ({set})", set = List(set)),
    }
}

fn comment(key: &ForeignKey) -> Option<Sql> {
    let comment = Literal::new(key.comment.as_deref()?);
    Some(sql!(
        "COMMENT ON CONSTRAINT {name} ON {table} IS {comment}",
        name = key.name,
        table = key.table,
        comment = comment,
    ))
}
