//! What `#[derive(WithRls)]` refuses, and in which words; what it accepts is in `ui/pass`.
//!
//! After a message changed: `TRYBUILD=overwrite cargo test -p tenants-tests --test ui`.

#[path = "ui/pass/mod.rs"]
mod pass;

#[test]
fn each_mistake_is_one_message_with_its_remedy() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
