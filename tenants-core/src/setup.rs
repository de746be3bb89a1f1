//! Which cluster-wide roles and memberships are missing.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::ddl::roles::{self, Membership};
use crate::quote::{Identifier, Sql};
use crate::roles::Roles;

/// One row for each role of `$1` (names, as an array) that is there: [`Role`].
pub const ROLES: &str = include_str!("setup/roles.sql");
/// One row for each pair of `$1` (names, as an array) that are role and member: [`Member`].
pub const MEMBERS: &str = include_str!("setup/members.sql");
/// One row: whether everybody may create temporary tables in this database, as column
/// `is_open`.
pub const TEMPORARY: &str = include_str!("setup/temporary.sql");
/// Lists the tenants that cannot have a role, for messages.
pub const LONG_IDS: &str = "SELECT id FROM tenants.tenant WHERE octet_length(id) > 56";
/// Lists the roles that are named like a tenant's, for messages.
pub const TENANT_ROLES: &str = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'tenant_')";

/// The roles that an application uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// What policies and grants name.
    pub roles: Roles,
    /// What pools connect as.
    pub login: Identifier,
    /// What connects for cross-tenant work.
    pub admin_login: Option<Identifier>,
    /// What connects to create, delete, restore and list tenants; without it, the login does.
    pub provisioner: Option<Identifier>,
}

/// A role of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Role {
    /// SUPERUSER
    pub is_superuser: bool,
    /// BYPASSRLS
    pub bypasses_rls: bool,
    /// CREATEROLE
    pub creates_roles: bool,
    /// LOGIN
    pub can_login: bool,
}

/// A membership, of whoever granted it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// The member has the role's rights without `SET ROLE`.
    pub inherits: bool,
    /// The member may `SET ROLE`.
    pub becomes: bool,
    /// The member may grant the role.
    pub grants: bool,
    /// Who lets the member inherit, where PostgreSQL keeps that: from version 16 on.
    pub grantor: Option<Identifier>,
}

/// The live roles of a cluster, as far as a [`Cast`] names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cluster {
    /// The roles that are there.
    pub roles: BTreeMap<Identifier, Role>,
    /// Who (second) is a member of which role (first).
    pub members: BTreeMap<(Identifier, Identifier), Member>,
}

/// Why an application cannot use these roles, whatever is granted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CastFault {
    /// A login is not there; only the operator knows its password.
    #[error("role `{}` does not exist: create it with `{};`", login.as_str(), roles::create_login(login))]
    LoginMissing {
        /// The login.
        login: Identifier,
    },
    /// A role that scoped code runs as may do more than it must.
    #[error(
        "role `{}` is a login, superuser, BYPASSRLS or CREATEROLE, but scoped code runs as it: name another one",
        role.as_str()
    )]
    RolePowerful {
        /// The runtime or admin role.
        role: Identifier,
    },
    /// A login that inherits could use tables without any scope.
    #[error(
        "login `{}` has the rights of `{}` without being scoped: let an administrator run `{};` and run `tenants setup` again",
        login.as_str(), role.as_str(), roles::no_inherit(role, login, grantor.as_ref())
    )]
    LoginInherits {
        /// The login.
        login: Identifier,
        /// The role it inherits from.
        role: Identifier,
        /// Who granted that, where PostgreSQL tells memberships apart by it.
        grantor: Option<Identifier>,
    },
    /// An injected statement of the runtime login could reach all tenants.
    #[error(
        "login `{}` may become `{}`, and an injected statement could do so: cross-tenant work needs a login of its own (`--admin-login`)",
        login.as_str(), admin.as_str()
    )]
    LoginReachesAdmin {
        /// The runtime login.
        login: Identifier,
        /// The admin role.
        admin: Identifier,
    },
    /// One role cannot play two parts.
    #[error("role `{}` is named twice: each part needs a role of its own", role.as_str())]
    NamedTwice {
        /// The role.
        role: Identifier,
    },
}

impl Cast {
    /// The names of all roles, as the parameter of [`ROLES`] and [`MEMBERS`].
    #[must_use]
    pub fn names(&self) -> Vec<Identifier> {
        let optional = [&self.admin_login, &self.provisioner].into_iter().flatten();
        let roles = [&self.roles.app, &self.roles.admin, &self.login];
        roles.into_iter().chain(optional).cloned().collect()
    }

    /// All statements, each of which can be run again, for an administrator.
    ///
    /// # Errors
    ///
    /// [`CastFault::NamedTwice`].
    pub fn all(&self) -> Result<Vec<Sql>, CastFault> {
        self.distinct()?;
        let create = [&self.roles.app, &self.roles.admin].map(roles::create);
        let grants = self.memberships();
        let grants = grants.iter().map(|(role, member, kind)| roles::grant(role, member, *kind));
        Ok(create.into_iter().chain(grants).collect())
    }

    /// The statements that the cluster lacks.
    ///
    /// # Errors
    ///
    /// [`CastFault`] if no statement that belongs here would help.
    pub fn missing(&self, cluster: &Cluster) -> Result<Vec<Sql>, CastFault> {
        self.distinct()?;
        self.check(cluster)?;
        let mut missing: Vec<Sql> = [&self.roles.app, &self.roles.admin]
            .into_iter()
            .filter(|role| !cluster.roles.contains_key(role))
            .map(roles::create)
            .collect();
        for (role, member, kind) in self.memberships() {
            let live = cluster.members.get(&(role.clone(), member.clone()));
            let live = live.cloned().unwrap_or_default();
            // A superuser needs no membership, and has all rights with or without.
            let is_superuser = cluster.roles.get(member).is_some_and(|member| member.is_superuser);
            let holds = match kind {
                Membership::Become => live.becomes && !live.inherits,
                Membership::Grant => live.grants,
            } || is_superuser;
            if !holds {
                missing.push(roles::grant(role, member, kind));
            }
        }
        Ok(missing)
    }

    fn memberships(&self) -> Vec<(&Identifier, &Identifier, Membership)> {
        let Roles { app, admin } = &self.roles;
        let admin = self.admin_login.as_ref().map(|login| (admin, login, Membership::Become));
        let grant = self.provisioner.as_ref().map(|login| (app, login, Membership::Grant));
        let login = (app, &self.login, Membership::Become);
        std::iter::once(login).chain(admin).chain(grant).collect()
    }

    fn distinct(&self) -> Result<(), CastFault> {
        let mut seen = BTreeSet::new();
        match self.names().into_iter().find(|name| !seen.insert(name.clone())) {
            Some(role) => Err(CastFault::NamedTwice { role }),
            None => Ok(()),
        }
    }

    fn check(&self, cluster: &Cluster) -> Result<(), CastFault> {
        let names = self.names();
        let (group, logins) = names.split_at(2);
        for role in group {
            let live = cluster.roles.get(role).copied().unwrap_or_default();
            if live.is_superuser || live.bypasses_rls || live.creates_roles || live.can_login {
                return Err(CastFault::RolePowerful { role: role.clone() });
            }
        }
        for login in logins {
            if !cluster.roles.contains_key(login) {
                return Err(CastFault::LoginMissing { login: login.clone() });
            }
        }
        let (admin, login) = (self.roles.admin.clone(), self.login.clone());
        if cluster.members.contains_key(&(admin.clone(), login.clone())) {
            return Err(CastFault::LoginReachesAdmin { login, admin });
        }
        Ok(())
    }

    /// The first membership that inherits although all that is [`missing`](Self::missing) was run:
    /// of a login that inherits, or granted by somebody else.
    #[must_use]
    pub fn inheriting(&self, cluster: &Cluster) -> Option<CastFault> {
        self.memberships().into_iter().find_map(|(role, member, kind)| {
            let live = cluster.members.get(&(role.clone(), member.clone()))?;
            (kind == Membership::Become && live.becomes && live.inherits).then(|| {
                CastFault::LoginInherits {
                    login: member.clone(),
                    role: role.clone(),
                    grantor: live.grantor.clone(),
                }
            })
        })
    }
}
