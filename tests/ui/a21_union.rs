//! A union is no row.

use tenants_diesel::WithRls;

#[derive(WithRls)]
union Bits {
    integer: u32,
    float: f32,
}

fn main() {}
