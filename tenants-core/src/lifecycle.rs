//! The statements of a tenant's life, and the names by which the database refuses.
//!
//! Each statement calls a function of the `tenants` schema (`migrations/`); its parameter is the
//! tenant id as text. Only the login may call them, not the role that scoped code runs as.

/// Creates the tenant `$1`.
pub const CREATE: &str = "SELECT \"tenants\".\"create_tenant\"($1)";
/// Creates the tenant `$1` unless it is there; a deleted one stays deleted.
pub const ENSURE: &str = "SELECT \"tenants\".\"ensure_tenant\"($1)";
/// Creates the tenant `$1` together with its role, a member of `$2` that the login `$3` may become.
pub const PROVISION: &str = "SELECT \"tenants\".\"provision_tenant\"($1, $2, $3)";
/// Makes the role of the tenant `$1`, which is there, or gives it back what it lacks; otherwise like
/// [`PROVISION`].
pub const PROVISION_ROLE: &str = "SELECT \"tenants\".\"provision_role\"($1, $2, $3)";
/// Marks the tenant `$1` as deleted; its rows stay.
pub const DELETE: &str = "SELECT \"tenants\".\"delete_tenant\"($1)";
/// Makes the deleted tenant `$1` active again.
pub const RESTORE: &str = "SELECT \"tenants\".\"restore_tenant\"($1)";
/// Makes the deleted tenant `$1` active again, together with its role; otherwise like [`PROVISION`].
pub const RESTORE_PROVISIONED: &str = "SELECT \"tenants\".\"restore_tenant\"($1, $2, $3)";
/// All tenants that are not deleted, in the order of their ids, as column `id`.
pub const LIST: &str =
    "SELECT \"id\" FROM \"tenants\".\"list_tenants\"() AS \"id\" ORDER BY \"id\" COLLATE \"C\"";
/// Whether the tenant `$1` is there and not deleted, as column `found`.
pub const EXISTS: &str = "SELECT \"tenants\".\"tenant_exists\"($1) AS \"found\"";
/// The same, and whether the login may become its role.
pub const IS_PROVISIONED: &str = r#"SELECT "tenants"."tenant_exists"($1) AND EXISTS (
    SELECT FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = pg_catalog.concat('tenant_', $1) AND pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
) AS "found""#;

/// Why the database refused, as the constraint name of its error.
///
/// Diesel hides SQLSTATEs and message texts are translated, so our functions name the reason in
/// the one field that survives every driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// TN001: no such tenant.
    UnknownTenant,
    /// TN002: the tenant is there, but being made, being destroyed or deleted.
    InactiveTenant,
    /// TN003: the tenant was deleted; its rows are still there.
    DeletedTenant,
    /// TN004: the tenant is there already.
    TenantExists,
    /// TN005: a transaction was open where none may be.
    OpenTransaction,
    /// TN006: role or tenant were changed behind the library's back.
    ScopeLost,
    /// TN007: a role of the tenant's name was made by somebody else, or may do more than a tenant
    /// role.
    UnfitRole,
    /// TN008: the tenant's role is a member of another role than the runtime role.
    RoleInUse,
    /// TN009: the caller may not make or grant the tenant's role.
    RoleRefused,
    /// TN010: the tenant's id is too long for the name of a role.
    LongId,
    /// TN011: the tenant is suspended.
    SuspendedTenant,
    /// 42501: the guards ask for a signature, and there is none.
    UnsignedScope,
    /// 42501: the signature is not valid for this connection, or by no key.
    InvalidSignature,
    /// 42501: the signature has expired, or its key has retired.
    ExpiredSignature,
}

impl Refusal {
    /// Recognises the constraint name of a database error.
    #[must_use]
    pub fn from_constraint_name(name: &str) -> Option<Self> {
        Some(match name {
            "tenants_unknown_tenant" => Self::UnknownTenant,
            "tenants_inactive_tenant" => Self::InactiveTenant,
            "tenants_deleted_tenant" => Self::DeletedTenant,
            "tenants_tenant_exists" => Self::TenantExists,
            "tenants_open_transaction" => Self::OpenTransaction,
            "tenants_scope_lost" => Self::ScopeLost,
            "tenants_unfit_role" => Self::UnfitRole,
            "tenants_role_in_use" => Self::RoleInUse,
            "tenants_role_refused" => Self::RoleRefused,
            "tenants_long_id" => Self::LongId,
            "tenants_suspended_tenant" => Self::SuspendedTenant,
            "tenants_unsigned_scope" => Self::UnsignedScope,
            "tenants_invalid_signature" => Self::InvalidSignature,
            "tenants_expired_signature" => Self::ExpiredSignature,
            _ => return None,
        })
    }
}
