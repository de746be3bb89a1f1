//! Where a name could mean something else.

use tenants_diesel::{IdentifierError, Tenancy, WithRls};

mod schema {
    diesel::table! {
        // Columns that are called like the path to their table, or like generated code.
        columns_of_all_kinds (schema) {
            schema -> Text,
            tenants -> Text,
            tenants_diesel -> Text,
            core -> Text,
            tenant -> BigInt,
        }
    }
}

/// Not the namespace of rustc's own attributes.
mod diagnostic {}

/// Not the column.
#[allow(non_camel_case_types, dead_code)]
struct tenant;

#[derive(WithRls)]
#[diesel(table_name = schema::columns_of_all_kinds)]
struct Odd;

/// A struct that a macro writes.
macro_rules! model {
    ($name:ident, $table:path, $column:ident) => {
        #[derive(WithRls)]
        #[diesel(table_name = $table)]
        #[tenants(column = $column)]
        struct $name;
    };
}
model!(FromMacro, schema::columns_of_all_kinds, core);

fn column(table: tenants_diesel::Table) -> String {
    match table.tenancy {
        Tenancy::PerTenant { column, .. } => column.as_str().to_owned(),
        _ => unreachable!("not global"),
    }
}

#[test]
fn the_column_is_looked_up_in_the_table_alone() -> Result<(), IdentifierError> {
    assert_eq!(column(Odd::table()?), "tenant");
    assert_eq!(column(FromMacro::table()?), "core");
    Ok(())
}

#[test]
fn a_table_and_its_struct_may_be_local_to_a_function() -> Result<(), IdentifierError> {
    diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

    #[derive(WithRls)]
    struct Post;

    assert_eq!(Post::table()?.name.to_string(), r#""public"."posts""#);
    Ok(())
}
