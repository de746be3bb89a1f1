//! A table name that is no path.

use tenants_diesel::WithRls;

#[derive(WithRls)]
#[diesel(table_name = "blog posts")]
struct Post;

fn main() {}
