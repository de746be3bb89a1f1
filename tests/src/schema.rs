//! Tables of every tenant type, as an application would declare them.
//!
//! Tagged are those whose tenants are named by text: a program's ids must fit all of its tagged
//! tables, and a test serves requests with what the tags of its program register. The other tables
//! are listed by hand.

use diesel::prelude::*;
use tenants_diesel::__private::{self, Declaration};
use tenants_diesel::{GlobalAccess, Registry, Table, WithRls};

diesel::table! {
    posts (tenant, id) {
        id -> BigInt,
        tenant -> Text,
        title -> Text,
    }
}

diesel::table! {
    notes (tenant, id) {
        id -> BigInt,
        tenant -> Integer,
        body -> Text,
    }
}

diesel::table! {
    orders (tenant, id) {
        id -> BigInt,
        tenant -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    files (tenant, id) {
        id -> BigInt,
        tenant -> Uuid,
        body -> Text,
    }
}

diesel::table! {
    plans (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(posts, notes, orders, files, plans);

#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    Insertable,
    Identifiable,
    AsChangeset,
    WithRls,
)]
#[diesel(table_name = posts, primary_key(tenant, id))]
pub struct Post {
    pub id: i64,
    pub tenant: String,
    pub title: String,
}

/// A post whose tenant the database fills in.
#[derive(Debug, Insertable)]
#[diesel(table_name = posts)]
pub struct NewPost<'a> {
    pub title: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, WithRls)]
#[tenants(global)]
pub struct Plan {
    pub id: i32,
    pub name: String,
}

/// All tables of the template database.
pub fn all_registry() -> Registry {
    let registries = [text_registry(), number_registry(), uuid_registry()];
    let tables = registries.iter().flat_map(Registry::tables).cloned();
    Registry::new(tables).unwrap()
}

/// The tables whose tenants are named by text, and the global one.
pub fn text_registry() -> Registry {
    Registry::new([Post::table().unwrap(), Plan::table().unwrap()]).unwrap()
}

/// The tables whose tenants are numbers.
pub fn number_registry() -> Registry {
    Registry::new([
        per_tenant::<notes::table, notes::tenant>(),
        per_tenant::<orders::table, orders::tenant>(),
        Plan::table().unwrap(),
    ])
    .unwrap()
}

/// The tables whose tenants are UUIDs.
pub fn uuid_registry() -> Registry {
    Registry::new([per_tenant::<files::table, files::tenant>(), Plan::table().unwrap()]).unwrap()
}

/// Describes a table that all tenants share.
pub fn global_table<T: __private::DescribableTable>(access: GlobalAccess) -> Table {
    let here = Declaration { name: std::any::type_name::<T>(), file: file!(), line: line!() };
    __private::global::<T>(access, here).unwrap()
}

/// Describes a table whose rows belong to tenants.
pub fn per_tenant<T, C>() -> Table
where
    T: __private::DescribableTable,
    C: diesel::query_source::Column<Table = T>,
    C::SqlType: __private::TenantSqlType,
{
    let here = Declaration { name: std::any::type_name::<C>(), file: file!(), line: line!() };
    __private::per_tenant::<T, C>(here).unwrap()
}
