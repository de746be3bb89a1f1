//! Describes a Diesel table to the registry, by rendering Diesel's own items.
//!
//! Names are never parsed from attributes or paths: `#[sql_name]`, schemas and keys come out as
//! the queries will spell them.

use diesel::expression::Expression;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::query_source::{Column, QuerySource, Table as DieselTable};
use diesel::sql_types;
use tenants_core::{
    Declaration, GlobalAccess, Identifier, IdentifierError, Keys, Table, TableName, Tenancy,
    TenantType,
};

/// The SQL types that a tenant column may have.
///
/// A nullable column has none of them: a row without a tenant would be nobody's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the SQL type of a tenant column",
    label = "the tenant column is `{Self}`",
    note = "a tenant column is `NOT NULL` and one of `Text`, `Varchar`, `Integer`, `BigInt` and `Uuid`: change it in a migration and run `diesel print-schema`",
    note = "a `Nullable<..>` one would let rows belong to nobody: give them a tenant before `SET NOT NULL`"
)]
pub trait TenantSqlType {
    /// The type, as the registry records it.
    const TYPE: TenantType;
}

// The note above lists the types; rustc would list these lines once more.
#[diagnostic::do_not_recommend]
impl TenantSqlType for sql_types::Text {
    const TYPE: TenantType = TenantType::Text;
}

#[diagnostic::do_not_recommend]
impl TenantSqlType for sql_types::Integer {
    const TYPE: TenantType = TenantType::Int4;
}

#[diagnostic::do_not_recommend]
impl TenantSqlType for sql_types::BigInt {
    const TYPE: TenantType = TenantType::Int8;
}

#[diagnostic::do_not_recommend]
impl TenantSqlType for sql_types::Uuid {
    const TYPE: TenantType = TenantType::Uuid;
}

/// Stands where the column that a struct names is missing; no table has it.
#[diagnostic::on_unimplemented(
    message = "the table has no such column",
    label = "not a column of the table",
    note = "name the column as `table!` does; if it is new, add it in a migration and run `diesel print-schema`"
)]
pub trait HasColumn {
    /// What the column's name resolves to.
    type Column;
}

/// Stands where the column `tenant` is missing; no table has it.
#[diagnostic::on_unimplemented(
    message = "the table has no column `tenant`",
    label = "no column `tenant`",
    note = "if another column names the tenant, write `#[tenants(column = ..)]`; if all tenants share the rows, `#[tenants(global)]`"
)]
pub trait HasDefaultColumn {
    /// What `tenant` resolves to.
    type Column;
}

// Of a trait without any implementation, rustc says that one should be added.
#[diagnostic::do_not_recommend]
impl HasColumn for () {
    type Column = ();
}

#[diagnostic::do_not_recommend]
impl HasDefaultColumn for () {
    type Column = ();
}

/// A table, or the name that keeps it from being described.
pub type Description = Result<Table, IdentifierError>;

/// Describes the table `T`, whose rows belong to the tenant in column `C`.
///
/// # Errors
///
/// [`IdentifierError`] if PostgreSQL would refuse or cut off one of the names.
pub fn per_tenant<T, C>(declaration: Declaration) -> Description
where
    T: DescribableTable,
    C: Column<Table = T>,
    C::SqlType: TenantSqlType,
{
    let tenancy = Tenancy::PerTenant {
        column: Identifier::new(C::NAME)?,
        column_type: <C as Expression>::SqlType::TYPE,
    };
    T::describe(tenancy, declaration)
}

/// Describes the table `T`, whose rows all tenants share.
///
/// # Errors
///
/// As for [`per_tenant`].
pub fn global<T: DescribableTable>(access: GlobalAccess, declaration: Declaration) -> Description {
    T::describe(Tenancy::Global(access), declaration)
}

/// The same, whose keys are to begin with the tenant column.
///
/// # Errors
///
/// As for [`per_tenant`].
pub fn composite_keys(description: Description) -> Description {
    description.map(|table| Table { keys: Keys::Composite, ..table })
}

/// The same, whose rows belong to those of the table `P`.
///
/// # Errors
///
/// As for [`per_tenant`].
pub fn child_of<P: DescribableTable>(description: Description) -> Description {
    let parent = Some(P::name()?);
    description.map(|table| Table { parent, ..table })
}

/// Any table made by Diesel's `table!`.
pub trait DescribableTable: Sized {
    /// Renders schema and name.
    ///
    /// # Errors
    ///
    /// As for [`per_tenant`].
    fn name() -> Result<TableName, IdentifierError>;

    /// Renders names, columns and primary key.
    ///
    /// # Errors
    ///
    /// As for [`per_tenant`].
    fn describe(tenancy: Tenancy, declaration: Declaration) -> Description;
}

impl<T> DescribableTable for T
where
    T: DieselTable + Default,
    <T as QuerySource>::FromClause: QueryFragment<Pg>,
    T::PrimaryKey: QueryFragment<Pg>,
    T::AllColumns: QueryFragment<Pg>,
{
    fn name() -> Result<TableName, IdentifierError> {
        let from = T::default().from_clause();
        let mut path = rendered_paths(&from).into_iter().next().unwrap_or_default();
        let name = Identifier::new(path.pop().unwrap_or_default())?;
        let schema = path.pop().map(Identifier::new).transpose()?;
        Ok(TableName::new(schema, name))
    }

    fn describe(tenancy: Tenancy, declaration: Declaration) -> Description {
        let table = T::default();
        Ok(Table {
            name: T::name()?,
            tenancy,
            primary_key: column_names(&table.primary_key())?,
            columns: column_names(&T::all_columns())?,
            declarations: vec![declaration],
            keys: Keys::AsTheyAre,
            parent: None,
        })
    }
}

fn column_names(columns: &impl QueryFragment<Pg>) -> Result<Vec<Identifier>, IdentifierError> {
    rendered_paths(columns)
        .into_iter()
        .map(|mut path| Identifier::new(path.pop().unwrap_or_default()))
        .collect()
}

/// Renders `"a"."b", "c"` and reads it back as `[["a", "b"], ["c"]]`.
fn rendered_paths(fragment: &impl QueryFragment<Pg>) -> Vec<Vec<String>> {
    let mut builder = PgQueryBuilder::default();
    // Tables and columns render without binds; an error leaves an empty name, which is refused.
    let _ = fragment.to_sql(&mut builder, &Pg);
    let sql = builder.finish();
    let mut paths = vec![Vec::new()];
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ',' => paths.push(Vec::new()),
            '"' => {
                let mut name = String::new();
                while let Some(c) = chars.next() {
                    if c != '"' {
                        name.push(c);
                    } else if chars.next_if_eq(&'"').is_some() {
                        name.push('"');
                    } else {
                        break;
                    }
                }
                if let Some(path) = paths.last_mut() {
                    path.push(name);
                }
            }
            _ => {}
        }
    }
    paths
}
