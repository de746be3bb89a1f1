//! A struct without the derive is not registered, and cannot be listed by hand either.

use tenants_diesel::{Registry, WithRls};

struct Post;

fn main() {
    let _ = Registry::new(<Post as WithRls>::table());
}
