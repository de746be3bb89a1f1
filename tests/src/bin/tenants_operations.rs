//! The command of an application whose tables reference each other in every way.

// The structs are here for their tags alone.
#![allow(dead_code)]

use tenants_diesel::WithRls;

mod schema {
    diesel::table! {
        customers (tenant, id) { tenant -> Text, id -> BigInt, name -> Text, }
    }
    diesel::table! {
        orders (tenant, id) { tenant -> Text, id -> BigInt, customer_id -> BigInt, }
    }
    diesel::table! {
        #[sql_name = "odd \"names/"]
        BackOffice.odd_names (tenant, id) {
            #[sql_name = "Tenant"]
            tenant -> Text,
            id -> BigInt,
            #[sql_name = "the order"]
            the_order -> Nullable<BigInt>,
            data -> Nullable<Bytea>,
        }
    }
    diesel::table! {
        folders (tenant, id) { tenant -> Text, id -> BigInt, parent -> Nullable<BigInt>, }
    }
    diesel::table! {
        departments (tenant, id) { tenant -> Text, id -> BigInt, head -> Nullable<BigInt>, }
    }
    diesel::table! {
        employees (tenant, id) { tenant -> Text, id -> BigInt, department -> BigInt, }
    }
    diesel::table! {
        plans (id) { id -> Integer, name -> Text, }
    }
}

#[derive(WithRls)]
#[diesel(table_name = schema::customers)]
struct Customer;

#[derive(WithRls)]
#[diesel(table_name = schema::orders)]
struct Order;

#[derive(WithRls)]
#[diesel(table_name = schema::odd_names)]
struct OddName;

#[derive(WithRls)]
#[diesel(table_name = schema::folders)]
struct Folder;

#[derive(WithRls)]
#[diesel(table_name = schema::departments)]
struct Department;

#[derive(WithRls)]
#[diesel(table_name = schema::employees)]
struct Employee;

tenants_diesel::global_tables!(schema::plans);

fn main() {
    tenants_diesel::cli::run()
}
