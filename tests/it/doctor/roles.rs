//! Lints of roles and logins.

use super::case::{Case, check_all, repaired, told};

pub(super) const CASES: &[Case] = &[
    told("T101", "REVOKE tenants_app FROM {login}", "{login}", "may not become the runtime role"),
    told(
        "T101",
        "REVOKE EXECUTE ON FUNCTION tenants.admit(text) FROM {login}",
        "{login}",
        "may not call `tenants.admit`",
    ),
    repaired("T102", "ALTER ROLE {login} BYPASSRLS CREATEROLE", "{login}", "BYPASSRLS, CREATEROLE"),
    repaired("T102", "CREATE ROLE {new} REPLICATION; GRANT {new} TO {login}", "{new}", "REPLICATION"),
    repaired("T102", "ALTER ROLE {login} SUPERUSER CREATEDB", "{login}", "SUPERUSER"),
];

#[tokio::test]
async fn faults_of_roles_are_found_and_repaired() {
    check_all(CASES).await;
}
