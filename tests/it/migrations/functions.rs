//! The functions that a live database is compared with are those that `migrations/` makes.

use std::collections::BTreeMap;

use tenants_diesel::Registry;

use super::golden::{catalog, posts, tagged};
use super::scratch::Scratch;
use crate::golden::assert_golden;

#[tokio::test]
async fn the_functions_that_are_known_are_those_that_are_installed() {
    let registry = Registry::new(vec![tagged::<posts::table, posts::tenant>()]).unwrap();
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for isolation in ["shared-role", "role-per-tenant"] {
        let scratch = Scratch::new().await;
        scratch.set_up(&["--isolation", isolation]);
        for function in catalog(&scratch, &registry).await.functions {
            let known = all.entry(function.signature).or_default();
            let definition = function.definition.as_str().to_owned();
            if !known.contains(&definition) {
                known.push(definition);
            }
        }
    }
    let several: Vec<_> = all.iter().filter(|(_, known)| known.len() > 1).collect();
    assert!(
        matches!(several[..], [(name, _)] if name == "tenants.current_tenant()"),
        "{several:?}"
    );
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
