//! An enum is no row, and its use as one adds no second message.

use tenants_diesel::WithRls;

#[derive(WithRls)]
enum Status {
    Draft,
}

fn main() {
    let _ = (Status::Draft, <Status as WithRls>::table());
}
