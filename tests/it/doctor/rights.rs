//! Lints of what roles may do.

use super::case::{Case, check_all, repaired};

pub(super) const CASES: &[Case] = &[
    repaired("T401", "GRANT TRUNCATE ON posts TO tenants_app", "public.posts", "TRUNCATE to tenants_app"),
    repaired("T401", "GRANT REFERENCES (title), TRIGGER ON posts TO PUBLIC", "public.posts", "REFERENCES (title), TRIGGER to PUBLIC"),
    repaired("T401", "GRANT TRUNCATE ON plans TO {login}", "public.plans", "TRUNCATE to {login}"),
];

#[tokio::test]
async fn rights_beyond_are_found_and_revoked() {
    check_all(CASES).await;
}
