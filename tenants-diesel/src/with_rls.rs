//! The derive; its documentation stands here, where its examples can name this crate.

/// Registers the table of a struct, so that row-level security is generated for it.
///
/// Put it on any struct that names the table, beside Diesel's own derives. Several structs of one
/// table are one entry, and they must agree; for `composite_keys` and `parent`, one that asks is enough.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[diesel(table_name = path)]` | the table, as for Diesel; `BlogPost` is a row of `blog_posts` without it |
/// | `#[tenants(column = name)]` | the column that says whose a row is, by its name in `table!`; default `tenant` |
/// | `#[tenants(composite_keys)]` | a migration lets primary, unique and foreign keys begin with the tenant column |
/// | `#[tenants(parent = path)]` | a migration adds the tenant column, filled from this table over the foreign key to it |
/// | `#[tenants(global)]` | all tenants share the rows, and may read them |
/// | `#[tenants(global, writable)]` | all tenants share the rows, and may read and write them |
/// | `#[tenants(crate = path)]` | where this crate is if not at `::tenants_diesel`, for crates that re-export it |
///
/// A tenant column is `NOT NULL` and `Text`, `Varchar`, `Integer`, `BigInt` or `Uuid`. A table
/// without any struct is registered with [`global_tables!`](crate::global_tables) if all tenants
/// share it.
///
/// # Generated code
///
/// An implementation of the trait [`WithRls`](trait@crate::WithRls), and one constant that
/// [`Registry::collect`](crate::Registry::collect) finds when the program runs. Schema, names and
/// keys are those which Diesel writes into queries (`#[sql_name]` included), and are not read off
/// the struct.
///
/// # Errors
///
/// These do not compile, each with one message and its remedy: an enum or a union; a table without
/// the tenant column; a tenant column that is nullable or of another type; a key that is unknown,
/// given twice or at odds with another; several `table_name`s in one struct.
///
/// # Examples
///
/// ```standalone_crate
/// use diesel::prelude::*;
/// use tenants_diesel::{Registry, WithRls};
///
/// diesel::table! {
///     posts (id) { id -> BigInt, tenant -> Text, title -> Text, }
/// }
/// diesel::table! {
///     invoices (id) { id -> BigInt, customer_id -> Uuid, }
/// }
/// diesel::table! {
///     plans (id) { id -> BigInt, price -> Integer, }
/// }
///
/// #[derive(Queryable, Selectable, WithRls)]
/// #[diesel(table_name = posts)]
/// struct Post {
///     id: i64,
///     title: String,
/// }
///
/// #[derive(Queryable, WithRls)]
/// #[tenants(column = customer_id)]
/// struct Invoice {
///     id: i64,
/// }
///
/// #[derive(Queryable, WithRls)]
/// #[tenants(global)]
/// struct Plan {
///     id: i64,
///     price: i32,
/// }
///
/// let registry = Registry::collect()?;
/// let names: Vec<String> = registry.tables().map(|table| table.name.to_string()).collect();
/// assert_eq!(names, [r#""public"."invoices""#, r#""public"."plans""#, r#""public"."posts""#]);
/// # Ok::<(), tenants_diesel::RegistryError>(())
/// ```
pub use tenants_derive::WithRls;
