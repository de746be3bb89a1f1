//! A crate that forbids whatever can be forbidden, and a module without a prelude.

#![forbid(unsafe_code, unsafe_op_in_unsafe_fn)]
#![deny(warnings, missing_docs, missing_debug_implementations, unused, nonstandard_style)]
#![deny(rust_2018_idioms, unreachable_pub, unused_qualifications, unused_results)]
#![deny(let_underscore_drop, single_use_lifetimes, unused_lifetimes)]
#![deny(clippy::all, clippy::pedantic)]

mod schema {
    diesel::table! { posts (id) { id -> BigInt, owner -> Integer, } }
    diesel::table! { plans (id) { id -> BigInt, } }
    diesel::table! { countries (code) { code -> Text, } }
}

pub(crate) mod model {
    #![no_implicit_prelude]

    use super::schema;

    /// A row of `posts`.
    #[derive(Debug, ::tenants_diesel::WithRls)]
    #[diesel(table_name = schema::posts)]
    #[tenants(column = owner)]
    pub(crate) struct Post<'a> {
        /// Borrowed.
        pub(crate) title: &'a str,
    }

    /// A row of `plans`.
    #[derive(Debug, ::tenants_diesel::WithRls)]
    #[diesel(table_name = schema::plans)]
    #[tenants(global)]
    pub(crate) struct Plan;

    ::tenants_diesel::global_tables!(schema::countries);
}

#[test]
fn it_compiles_and_registers() -> Result<(), tenants_diesel::IdentifierError> {
    use tenants_diesel::WithRls;

    let post = model::Post { title: "strict" };
    assert_eq!(post.title, "strict");
    assert_eq!(model::Post::table()?.name.to_string(), r#""public"."posts""#);
    assert_eq!(model::Plan::table()?.name.to_string(), r#""public"."plans""#);
    Ok(())
}
