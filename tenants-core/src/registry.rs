//! The tables that the application tagged.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::quote::{IdentifierError, TableName};
use crate::table::{Declaration, Keys, Table, TenantType};

/// What `#[derive(WithRls)]` submits for each struct.
#[derive(Debug)]
pub struct Registration {
    /// The struct, for messages when its table cannot be described.
    pub declaration: Declaration,
    /// Describes the table; a function, because Diesel renders names at run time.
    pub table: fn() -> Result<Table, IdentifierError>,
}

inventory::collect!(Registration);

/// The registered tables, each once, sorted by schema and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry(BTreeMap<TableName, Table>);

/// Why the tagged structs do not make a registry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Nothing is registered.
    #[error(
        "no table is registered: tag structs with `#[derive(WithRls)]`, and name the crate that holds them in this program (`use my_app as _;`), or else the linker drops the tags"
    )]
    Empty,
    /// Two structs disagree on the same table.
    #[error(
        "table `{table}` is declared in two ways, by {} and by {}: give both the same `#[tenants(..)]`",
        declarations[0],
        declarations[1]
    )]
    Contradiction {
        /// The table.
        table: TableName,
        /// The first declaration, and the one that disagrees with it.
        declarations: Box<[Declaration; 2]>,
    },
    /// A table has a name that PostgreSQL would cut off.
    #[error("the table of {declaration} has a name that PostgreSQL cannot hold")]
    Name {
        /// The struct.
        declaration: Declaration,
        /// What is wrong with the name.
        source: IdentifierError,
    },
}

impl Registry {
    /// Collects all tagged structs of the running program.
    ///
    /// A crate that the program never names is not linked, and its structs are missing here
    /// without a trace: the catalog, not this list, decides whether a database is protected.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Empty`] if there is none, otherwise as for [`new`](Self::new).
    pub fn collect() -> Result<Self, RegistryError> {
        let mut tables = Vec::new();
        for registration in inventory::iter::<Registration> {
            tables.push((registration.table)().map_err(|source| RegistryError::Name {
                declaration: registration.declaration.clone(),
                source,
            })?);
        }
        if tables.is_empty() {
            return Err(RegistryError::Empty);
        }
        Self::new(tables)
    }

    /// Makes a registry of exactly these tables; an empty one is allowed.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Contradiction`] if two of them describe one table differently.
    pub fn new(tables: impl IntoIterator<Item = Table>) -> Result<Self, RegistryError> {
        let mut merged: BTreeMap<TableName, Table> = BTreeMap::new();
        let mut tables: Vec<Table> = tables.into_iter().collect();
        // Link order is arbitrary; messages and generated files must not be.
        tables.sort_by(|a, b| (&a.name, &a.declarations).cmp(&(&b.name, &b.declarations)));
        for table in tables {
            match merged.get_mut(&table.name) {
                None => {
                    merged.insert(table.name.clone(), table);
                }
                Some(known) => merge(known, table)?,
            }
        }
        Ok(Self(merged))
    }

    /// The same tables, of which all that belong to tenants ask for [composite keys](Keys::Composite).
    #[must_use]
    pub fn with_composite_keys(mut self) -> Self {
        for table in self.0.values_mut().filter(|table| table.tenant_type().is_some()) {
            table.keys = Keys::Composite;
        }
        self
    }

    /// The same tables, none of which asks for other keys or for a tenant column from its parent.
    pub(crate) fn without_hardening(&self) -> Self {
        let mut tables = self.0.clone();
        for table in tables.values_mut() {
            (table.keys, table.parent) = (Keys::AsTheyAre, None);
        }
        Self(tables)
    }

    /// The tables, sorted by schema and name.
    pub fn tables(&self) -> impl ExactSizeIterator<Item = &Table> {
        self.0.values()
    }

    /// The table of this name, if registered.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.0.get(name)
    }

    /// Whether no table is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The types of all registered tenant columns; a tenant id must fit each of them.
    #[must_use]
    pub fn tenant_types(&self) -> BTreeSet<TenantType> {
        self.tables().filter_map(Table::tenant_type).collect()
    }
}

fn merge(known: &mut Table, table: Table) -> Result<(), RegistryError> {
    let has_two_parents = known.parent.as_ref().zip(table.parent.as_ref());
    if known.tenancy != table.tenancy || has_two_parents.is_some_and(|(one, other)| one != other) {
        let unknown = || Declaration { name: "an explicit list", file: "?", line: 0 };
        let first = known.declarations.first().cloned().unwrap_or_else(unknown);
        let second = table.declarations.into_iter().next().unwrap_or_else(unknown);
        let declarations = Box::new([first, second]);
        return Err(RegistryError::Contradiction { table: table.name, declarations });
    }
    for column in table.columns {
        if !known.columns.contains(&column) {
            known.columns.push(column);
        }
    }
    if table.keys == Keys::Composite {
        known.keys = Keys::Composite;
    }
    known.parent = known.parent.take().or(table.parent);
    known.declarations.extend(table.declarations);
    known.declarations.dedup();
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::quote::Identifier;
    use crate::table::{GlobalAccess, Tenancy};

    fn table(name: &str, column: &str, column_type: TenantType, line: u32) -> Table {
        Table {
            name: TableName::new(None, Identifier::new(name).unwrap()),
            tenancy: Tenancy::PerTenant { column: Identifier::new(column).unwrap(), column_type },
            primary_key: vec![],
            columns: vec![Identifier::new(column).unwrap()],
            declarations: vec![Declaration { name: "Struct", file: "src/lib.rs", line }],
            keys: Keys::AsTheyAre,
            parent: None,
        }
    }

    #[test]
    fn tables_are_sorted_and_several_structs_merge() {
        let registry = Registry::new([
            table("posts", "tenant", TenantType::Text, 9),
            table("comments", "tenant", TenantType::Text, 5),
            table("posts", "tenant", TenantType::Text, 1),
        ])
        .unwrap();
        let names: Vec<_> = registry.tables().map(|t| t.name.name().as_str()).collect();
        assert_eq!(names, ["comments", "posts"]);
        let lines: Vec<_> =
            registry.tables().flat_map(|t| &t.declarations).map(|d| d.line).collect();
        assert_eq!(lines, [5, 1, 9]);
    }

    #[test]
    fn contradictions_are_refused_with_both_places() {
        let global = Table {
            tenancy: Tenancy::Global(GlobalAccess::Read),
            ..table("posts", "tenant", TenantType::Text, 3)
        };
        for other in [
            table("posts", "owner", TenantType::Text, 2),
            table("posts", "tenant", TenantType::Int4, 2),
            global,
        ] {
            let refused = Registry::new([table("posts", "tenant", TenantType::Text, 1), other]);
            let message = refused.unwrap_err().to_string();
            assert!(message.contains("src/lib.rs:1"), "{message}");
        }
    }

    #[test]
    fn the_same_name_in_two_schemas_is_two_tables() {
        let mut other = table("posts", "tenant", TenantType::Int4, 2);
        let archive = Identifier::new("archive").unwrap();
        other.name = TableName::new(Some(archive), Identifier::new("posts").unwrap());
        let registry = Registry::new([table("posts", "tenant", TenantType::Text, 1), other]);
        assert_eq!(registry.unwrap().tables().len(), 2);
    }

    #[test]
    fn nothing_registered_is_an_error_with_its_remedy() {
        let message = Registry::collect().unwrap_err().to_string();
        assert!(message.contains("use my_app as _;"), "{message}");
    }
}
