//! Where nothing is wrong, nothing is said.

use tenants_diesel::Isolation;
use tenants_diesel::doctor::LINTS;

use super::case::Patient;

#[tokio::test]
async fn a_database_that_was_set_up_and_migrated_has_no_findings() {
    for isolation in [Isolation::SharedRole, Isolation::RolePerTenant] {
        let patient = Patient::new(isolation).await;
        let report = patient.examine(LINTS).await;
        assert_eq!(report.unrun, []);
        let found: Vec<_> = report.findings.iter().map(|it| (it.lint.id, &it.object, &it.detail)).collect();
        assert_eq!(found, [], "{isolation:?}");
    }
}
