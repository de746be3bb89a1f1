//! The functions that a live database is compared with are those that `migrations/` makes.

use std::collections::BTreeMap;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tenants_diesel::{Registry, migrations};

use super::golden::{catalog, posts, tagged};
use super::scratch::Scratch;
use crate::golden::assert_golden;

#[tokio::test]
async fn the_functions_that_are_known_are_those_that_are_installed() {
    let registry = Registry::new(vec![tagged::<posts::table, posts::tenant>()]).unwrap();
    let scratch = Scratch::new().await;
    // Not by `tenants setup`, which puts those in their place that are known.
    let owner = AsyncPgConnection::establish(&scratch.url("owner")).await.unwrap();
    migrations::install(owner).await.unwrap();
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for function in catalog(&scratch, &registry).await.functions {
        let definition = function.definition.as_str().to_owned();
        all.entry(function.signature).or_default().push(definition);
    }
    // One of them is made in two ways.
    scratch.set_up(&["--isolation", "role-per-tenant"]);
    for function in catalog(&scratch, &registry).await.functions {
        if function.signature == "tenants.current_tenant()" {
            let definition = function.definition.as_str().to_owned();
            all.entry(function.signature).or_default().push(definition);
        }
    }
    let mut file = String::from(
        "-- Written by a test (`BLESS=1`), as the server writes down what `migrations/` makes.\n",
    );
    for (signature, definitions) in all {
        for definition in definitions {
            file.push_str(&format!("\n-- {signature}\n{definition};\n"));
        }
    }
    assert_golden("../../tenants-core/src/ddl/functions.sql", &file);
}
