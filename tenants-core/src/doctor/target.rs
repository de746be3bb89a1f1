//! Which part of a database is looked at.

use crate::ddl::default::deparsed;
use crate::login::Tables;
use crate::quote::Identifier;
use crate::registry::Registry;
use crate::roles::Roles;
use crate::table::Tenancy;

/// Which logins, roles and tables are looked at. The fields are the parameters of all lints, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `$1`, `text`: the login that serves requests.
    pub login: String,
    /// `$2`, `text`: the runtime role.
    pub app: String,
    /// `$3`, `text`: the admin role.
    pub admin: String,
    /// `$4`, `text`: the login for cross-tenant work; NULL if there is none, or it is not known.
    pub admin_login: Option<String>,
    /// `$5`, `text[]`: the schemas of the registered tables.
    pub schemas: Vec<String>,
    /// `$6`, `text[]`: their names.
    pub names: Vec<String>,
    /// `$7`, `text[]`: their tenant columns; NULL for a table that all tenants share.
    pub columns: Vec<Option<String>>,
    /// `$8`, `text[]`: what their policies compare that column with, as the server writes it.
    pub tenants: Vec<Option<String>>,
}

impl Target {
    /// The tables of a registry.
    #[must_use]
    pub fn new(registry: &Registry, roles: &Roles, login: &str, admin_login: Option<&str>) -> Self {
        let name = |name: &Identifier| name.as_str().to_owned();
        let compared = registry.tables().map(|table| match &table.tenancy {
            Tenancy::PerTenant { column, column_type } => {
                (Some(name(column)), Some(deparsed(*column_type).to_owned()))
            }
            Tenancy::Global(_) => (None, None),
        });
        let (columns, tenants) = compared.unzip();
        let Tables { schemas, names, .. } = Tables::of(registry);
        Self {
            login: login.to_owned(),
            app: name(&roles.app),
            admin: name(&roles.admin),
            admin_login: admin_login.map(str::to_owned),
            schemas,
            names,
            columns,
            tenants,
        }
    }
}
