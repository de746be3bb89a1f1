//! `global_tables!` names tables that `table!` made.

mod schema {
    diesel::table! { plans (id) { id -> BigInt, } }
}

tenants_diesel::global_tables!(schema::plans, schema::countries);

fn main() {}
