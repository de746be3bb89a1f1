//! The functions of schema `tenants`, as `migrations/` makes them.

use crate::catalog::Function;
use crate::quote::{Sql, sql};
use crate::roles::Isolation;

/// All of them as the server writes them down, each below a line with its signature. Of
/// `tenants.current_tenant()` there are two, one for each way to keep tenants apart.
const INSTALLED: &str = include_str!("functions.sql");

const CURRENT_TENANT: &str = "tenants.current_tenant()";

/// Puts the function in the place of another one of its name; `None` if this library has none or two of it.
#[must_use]
pub fn installed(signature: &str) -> Option<Sql> {
    let mut of_signature = definitions().filter(|(name, _)| *name == signature);
    let (_, definition) = of_signature.next()?;
    of_signature.next().is_none().then(|| Sql::fixed(definition))
}

/// Makes all functions what this library installs, whatever is there, but for `tenants.current_tenant()`, of which it
/// knows two.
///
/// Who may call a new one is for [`grants`](super::grants) to say, in the same transaction: PostgreSQL lets everybody.
#[must_use]
pub fn repairs(live: &[Function]) -> Vec<Sql> {
    let is_there = |(signature, definition): &(&str, &str)| {
        live.iter()
            .any(|live| live.signature == *signature && live.definition.as_str() == *definition)
    };
    let others = definitions().filter(|known| known.0 != CURRENT_TENANT && !is_there(known));
    others.map(|(_, definition)| Sql::fixed(definition)).collect()
}

/// The functions that are not there.
pub(crate) fn missing(live: &[Function]) -> impl Iterator<Item = &'static str> {
    let is_there = |signature: &str| live.iter().any(|live| live.signature == signature);
    let mut known: Vec<_> = definitions().map(|(signature, _)| signature).collect();
    known.dedup();
    known.retain(|signature| !is_there(signature));
    known.into_iter()
}

/// Takes [`installed`] back.
#[must_use]
pub fn restore(live: &Function) -> Sql {
    sql!("{definition}", definition = live.definition)
}

/// What keeps tenants apart, as the function says that all policies name; `None` if it is neither of the two.
#[must_use]
pub fn isolation(live: &[Function]) -> Option<Isolation> {
    let live = live.iter().find(|live| live.signature == CURRENT_TENANT)?;
    let known = (CURRENT_TENANT, live.definition.as_str());
    definitions().find(|definition| *definition == known).map(|(_, definition)| {
        if definition.contains("current_setting") {
            Isolation::SharedRole
        } else {
            Isolation::RolePerTenant
        }
    })
}

pub(crate) fn definitions() -> impl Iterator<Item = (&'static str, &'static str)> {
    // No line of a definition begins so.
    let parts = INSTALLED.split("\n-- ").skip(1);
    parts.filter_map(|part| {
        let (signature, definition) = part.split_once('\n')?;
        Some((signature, definition.trim_end().trim_end_matches(';')))
    })
}
