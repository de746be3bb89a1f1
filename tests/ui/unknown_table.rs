//! A table that is not in scope is one mistake, not also a missing column.

use tenants_diesel::WithRls;

#[derive(WithRls)]
struct Post;

fn main() {}
