//! What the tags of this very program put into the registry.
//!
//! All tenants are named by text here: `registry` serves requests with what is registered.

// The structs are here for their tags alone.
#![allow(dead_code)]

use tenants_diesel::{GlobalAccess, Registry, RegistryError, Table, Tenancy, WithRls};

mod schema {
    diesel::table! {
        derive_reports.entries (tenant, id) { id -> BigInt, tenant -> Text, }
    }
    diesel::table! { derive_notes (id) { id -> BigInt, owner -> Text, body -> Text, } }
    diesel::table! { derive_plans (id) { id -> Integer, } }
    diesel::table! { derive_countries (code) { code -> Text, } }
    diesel::table! { derive_counters (name) { name -> Text, hits -> BigInt, } }
    diesel::table! { derive_untagged (id) { id -> BigInt, tenant -> Text, } }
}

#[derive(WithRls)]
#[diesel(table_name = schema::entries)]
struct Entry;

#[derive(WithRls)]
#[diesel(table_name = schema::derive_notes)]
#[tenants(column = owner)]
struct Note<'a>(&'a str);

#[derive(WithRls)]
#[diesel(table_name = schema::derive_notes)]
#[tenants(column = owner)]
struct NewNote<T>(T);

#[derive(WithRls)]
#[diesel(table_name = schema::derive_plans)]
#[tenants(global)]
struct Plan;

tenants_diesel::global_tables!(schema::derive_countries, schema::derive_plans);
tenants_diesel::global_tables!(writable: schema::derive_counters,);

/// The tables of this file; the other files of this binary have theirs.
fn registered() -> Result<Vec<Table>, RegistryError> {
    let is_ours = |table: &&Table| table.name.to_string().contains("derive_");
    Ok(Registry::collect()?.tables().filter(is_ours).cloned().collect())
}

#[test]
fn a24_exactly_the_tagged_tables_are_registered_sorted_by_schema_and_name()
-> Result<(), RegistryError> {
    let names: Vec<String> = registered()?.iter().map(|table| table.name.to_string()).collect();
    let expected = [
        r#""derive_reports"."entries""#,
        r#""public"."derive_counters""#,
        r#""public"."derive_countries""#,
        r#""public"."derive_notes""#,
        r#""public"."derive_plans""#,
    ];
    assert_eq!(
        names, expected,
        "`derive_untagged` has a tenant column, but no struct with the derive"
    );
    Ok(())
}

#[test]
fn the_registry_knows_what_diesel_knows() -> Result<(), RegistryError> {
    let tables = registered()?;
    let entries = &tables[0];
    let names = |columns: &[tenants_diesel::Identifier]| -> Vec<String> {
        columns.iter().map(ToString::to_string).collect()
    };
    assert_eq!(names(&entries.primary_key), [r#""tenant""#, r#""id""#]);
    assert_eq!(names(&entries.columns), [r#""id""#, r#""tenant""#]);
    let Tenancy::PerTenant { column, column_type } = &entries.tenancy else {
        unreachable!("not global")
    };
    assert_eq!((column.as_str(), column_type.sql_name()), ("tenant", "text"));
    Ok(())
}

#[test]
fn several_structs_of_a_table_are_one_entry_that_names_them_all() -> Result<(), RegistryError> {
    let notes = &registered()?[3];
    let names: Vec<_> = notes.declarations.iter().map(|declaration| declaration.name).collect();
    assert_eq!(names, [concat!(module_path!(), "::NewNote"), concat!(module_path!(), "::Note")]);
    Ok(())
}

#[test]
fn a_declaration_points_to_its_struct() -> Result<(), Box<dyn std::error::Error>> {
    const LINE_ABOVE: u32 = line!();
    #[derive(Debug, WithRls)]
    #[diesel(table_name = schema::derive_plans)]
    #[tenants(global)]
    struct Here;

    let table = Here::table()?;
    assert_eq!((table.declarations[0].file, table.declarations[0].line), (file!(), LINE_ABOVE + 4));
    Ok(())
}

#[test]
fn global_tables_need_no_struct_and_may_have_one() -> Result<(), RegistryError> {
    let access: Vec<_> = registered()?
        .into_iter()
        .filter_map(|table| match table.tenancy {
            Tenancy::Global(access) => Some((table.name.name().to_string(), access)),
            _ => None,
        })
        .collect();
    let expected = [
        (r#""derive_counters""#.to_owned(), GlobalAccess::ReadWrite),
        (r#""derive_countries""#.to_owned(), GlobalAccess::Read),
        (r#""derive_plans""#.to_owned(), GlobalAccess::Read),
    ];
    assert_eq!(access, expected);
    Ok(())
}
