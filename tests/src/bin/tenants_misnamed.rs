//! The command with a table whose name is longer than the 63 bytes that PostgreSQL keeps.

// The struct is here for its tag alone.
#![allow(dead_code)]

use tenants_diesel::WithRls;

mod schema {
    diesel::table! {
        #[sql_name = "a_name_of_more_than_sixty_three_bytes_which_postgresql_would_cut_off"]
        misnamed (id) { id -> Integer, tenant -> Text, }
    }
}

#[derive(WithRls)]
#[diesel(table_name = schema::misnamed)]
struct Misnamed;

fn main() {
    tenants_diesel::cli::run()
}
