//! `tenants setup`.

#![allow(clippy::disallowed_methods, reason = "reads and grants roles on the owner's connection")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::time::Duration;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::catalog::Function;
use tenants_core::lifecycle::Refusal;
use tenants_core::setup::{self, Cast, CastFault, Cluster, Member, Role};
use tenants_core::{Identifier, IdentifierError, Isolation, Sql, TenantId, ddl, install};
use thiserror::Error;

use super::args::{DatabaseUrl, SetupArgs};
use super::connect::{ConnectError, connect};
use super::runtime::block_on;
use crate::catalog;
use crate::error::{LifecycleError, refusal};
use crate::migrations::{self, InstallError};

/// Why a database is not set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The roles cannot be used as they are.
    #[error(transparent)]
    Cast(#[from] CastFault),
    /// In the mode with a role for each tenant, one of our roles would be a tenant's.
    #[error(
        "role `{}` starts with `{}`, like the roles of tenants: name another one",
        role.as_str(), TenantId::ROLE_PREFIX
    )]
    TenantRole {
        /// The runtime or admin role.
        role: Identifier,
    },
    /// The login that sets up may not make the roles.
    #[error(
        "this login may not make the roles: let an administrator run\n\n{statements}\nand run `tenants setup` again"
    )]
    NeedsAdministrator {
        /// What an administrator has to run.
        statements: String,
        /// What the server said.
        source: DieselError,
    },
    /// The login that sets up may not make the roles of the tenants that are there, or not grant
    /// those that another login made.
    #[error(
        "this login may not make or grant the roles of all tenants: let an administrator run in this database\n\n{statement};\n\nand run `tenants setup` again"
    )]
    TenantRolesNeedAdministrator {
        /// What an administrator has to run.
        statement: Sql,
    },
    /// Somebody replaced the function that tells, and it does not tell any more.
    #[error(
        "`tenants.current_tenant()` is another function than `tenants` installs, so nobody knows what keeps tenants apart in this database: say it with `--isolation`"
    )]
    UnknownIsolation,
    /// A tenant cannot have a role.
    #[error(
        "a tenant's id is longer than {} bytes, too long for the name of a role: keep `--isolation shared-role`, or delete the tenant (`{}` lists them)",
        TenantId::MAX_BYTES_WITH_ROLE,
        setup::LONG_IDS
    )]
    LongTenantId,
    /// The role of a tenant that is there must not be used, or could not be made.
    #[error(
        "the tenants that are there cannot all have a role (`{}` lists the roles)",
        setup::TENANT_ROLES
    )]
    TenantRoles(#[source] LifecycleError),
    /// Schema `tenants` could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The live roles could not be read.
    #[error("the catalog holds a name that is none")]
    Name(#[from] IdentifierError),
    /// A query or grant failed.
    #[error("the database could not be set up: connect as its owner")]
    Database(#[from] DieselError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

const IN_THE_DATABASE: &str = "\
-- Roles belong to the whole cluster; what follows, to the database that you are connected to.
";

pub(super) fn run(args: &SetupArgs) -> Result<String, SetupError> {
    let cast = Cast {
        roles: args.roles.to_roles(),
        login: args.login.clone(),
        admin_login: args.admin_login.clone(),
        provisioner: args.provisioner.clone(),
    };
    refuse_tenant_roles(args, &cast)?;
    match &args.database_url {
        Some(url) if !args.print => {
            let isolation = args.isolation.map(Isolation::from);
            block_on(async {
                let mut conn = connect(url).await?;
                set_up(url, &mut conn, &cast, isolation).await
            })
            .map_err(SetupError::Runtime)?
        }
        _ => {
            let temporary = script(&[ddl::temporary::revoke_from_public()]);
            Ok(script(&cast.all()?) + IN_THE_DATABASE + &temporary)
        }
    }
}

fn refuse_tenant_roles(args: &SetupArgs, cast: &Cast) -> Result<(), SetupError> {
    if args.isolation.map(Isolation::from) != Some(Isolation::RolePerTenant) {
        return Ok(());
    }
    let names = cast.names().into_iter();
    match { names }.find(|name| name.as_str().starts_with(TenantId::ROLE_PREFIX)) {
        Some(role) => Err(SetupError::TenantRole { role }),
        None => Ok(()),
    }
}

async fn set_up(
    url: &DatabaseUrl,
    conn: &mut AsyncPgConnection,
    cast: &Cast,
    isolation: Option<Isolation>,
) -> Result<String, SetupError> {
    let cluster = make_roles(conn, cast).await?;
    let applied = migrations::install(connect(url).await?).await?;
    let functions = catalog::read_functions(conn).await?;
    let live = ddl::function::isolation(&functions);
    let isolation = isolation.or(live).ok_or(SetupError::UnknownIsolation)?;
    if isolation == Isolation::RolePerTenant {
        // First, so that a database whose tenants cannot have roles stays as it is.
        provision_roles(conn, cast).await?;
    }
    grant(conn, cast, &functions, isolation).await?;
    if isolation == Isolation::RolePerTenant && live != Some(isolation) {
        // Of those that the login created meanwhile; from now on it creates none.
        provision_roles(conn, cast).await?;
    }
    let temporary: TemporaryRow = diesel::sql_query(setup::TEMPORARY).get_result(conn).await?;
    let mut report = String::new();
    let _ = writeln!(
        report,
        "Roles {} and {} are there; `{}` may become the first.",
        cast.roles.app,
        cast.roles.admin,
        cast.login.as_str()
    );
    let state = if applied.is_empty() { "up to date" } else { "installed" };
    let _ = writeln!(report, "Schema \"tenants\" is {state}.");
    let _ = writeln!(
        report,
        "Tenants are kept apart by {}.",
        match isolation {
            Isolation::SharedRole => "a shared role and the setting `tenants.tenant`",
            Isolation::RolePerTenant => "one role each",
        }
    );
    if cast.provisioner.is_none() {
        let _ = writeln!(
            report,
            "`{}` may list and delete tenants, and so may SQL that is injected into its statements: `--provisioner` gives that to a login of its own.",
            cast.login.as_str()
        );
    }
    let login = cluster.roles.get(&cast.login).copied().unwrap_or_default();
    if login.is_superuser || login.bypasses_rls || login.creates_roles {
        let _ = writeln!(
            report,
            "Warning: `{}` is a superuser, BYPASSRLS or CREATEROLE; pools refuse it unless told otherwise.",
            cast.login.as_str()
        );
    }
    if temporary.is_open {
        let _ = writeln!(
            report,
            "Warning: everybody may create temporary tables in this database, which hide the tables of their name from later users of a connection; let its owner run\n\n{}",
            script(&[ddl::temporary::revoke_from_public()])
        );
    }
    Ok(report)
}

const ATTEMPTS: u32 = 6;

/// Roles belong to the cluster, and the advisory lock only to this database: two databases that are
/// set up at once can still collide. So each attempt looks anew at what is missing.
async fn make_roles(conn: &mut AsyncPgConnection, cast: &Cast) -> Result<Cluster, SetupError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let Err(refused) = make_missing_roles(conn, cast).await? else { break };
        if attempt == ATTEMPTS {
            let missing = cast.missing(&cluster(conn, cast).await?)?;
            if missing.is_empty() {
                break;
            }
            return Err(SetupError::NeedsAdministrator {
                statements: script(&missing),
                source: refused,
            });
        }
        tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
    }
    let live = cluster(conn, cast).await?;
    match cast.inheriting(&live) {
        Some(fault) => Err(fault.into()),
        None => Ok(live),
    }
}

/// One attempt, all or nothing. The inner error is one of the role statements'.
async fn make_missing_roles(
    conn: &mut AsyncPgConnection,
    cast: &Cast,
) -> Result<Result<(), DieselError>, SetupError> {
    let missing = cast.missing(&cluster(conn, cast).await?)?;
    if missing.is_empty() {
        return Ok(Ok(()));
    }
    Ok(in_transaction(conn, &missing).await)
}

async fn in_transaction(
    conn: &mut AsyncPgConnection,
    statements: &[Sql],
) -> Result<(), DieselError> {
    conn.build_transaction()
        .read_committed()
        .run(async move |conn| {
            conn.batch_execute(install::LOCK).await?;
            for statement in statements {
                conn.batch_execute(statement.as_str()).await?;
            }
            Ok(())
        })
        .await
}

/// Makes the roles of the tenants that are there: those of a database that was switched from a shared
/// role or restored into another cluster, and memberships for another login.
async fn provision_roles(conn: &mut AsyncPgConnection, cast: &Cast) -> Result<(), SetupError> {
    let statement = ddl::roles::provision_all(&cast.roles.app, &cast.login);
    let Err(refused) = conn.batch_execute(statement.as_str()).await else { return Ok(()) };
    Err(match refusal(&refused) {
        Some(Refusal::RoleRefused) => SetupError::TenantRolesNeedAdministrator { statement },
        Some(Refusal::LongId) => SetupError::LongTenantId,
        _ => SetupError::TenantRoles(refused.into()),
    })
}

/// Sets the isolation mode, and grants what it asks for.
async fn grant(
    conn: &mut AsyncPgConnection,
    cast: &Cast,
    functions: &[Function],
    isolation: Isolation,
) -> Result<(), SetupError> {
    // Whatever somebody may have put in the place of our functions.
    let mut statements = ddl::function::repairs(functions);
    statements.push(ddl::isolation::current_tenant(isolation));
    statements.push(ddl::temporary::revoke_from_public());
    statements.extend(ddl::grants::scoped(&cast.names()));
    statements.extend(ddl::grants::runtime(&cast.roles.app));
    statements.extend(ddl::grants::admin(&cast.roles.admin));
    statements.extend(ddl::grants::logins(&cast.login, cast.provisioner.as_ref(), isolation));
    Ok(in_transaction(conn, &statements).await?)
}

async fn cluster(conn: &mut AsyncPgConnection, cast: &Cast) -> Result<Cluster, SetupError> {
    let names: Vec<String> = cast.names().iter().map(|name| name.as_str().to_owned()).collect();
    let roles = diesel::sql_query(setup::ROLES).bind::<Array<Text>, _>(&names);
    let roles: Vec<RoleRow> = roles.load(conn).await?;
    let members = diesel::sql_query(setup::MEMBERS).bind::<Array<Text>, _>(&names);
    let members: Vec<MemberRow> = members.load(conn).await?;
    Ok(Cluster {
        roles: roles.into_iter().map(RoleRow::into_role).collect::<Result<BTreeMap<_, _>, _>>()?,
        members: members
            .into_iter()
            .map(MemberRow::into_member)
            .collect::<Result<BTreeMap<_, _>, _>>()?,
    })
}

fn script(statements: &[Sql]) -> String {
    statements.iter().fold(String::new(), |script, statement| script + statement.as_str() + ";\n")
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct TemporaryRow {
    #[diesel(sql_type = Bool)]
    is_open: bool,
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct RoleRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    bypasses_rls: bool,
    #[diesel(sql_type = Bool)]
    creates_roles: bool,
    #[diesel(sql_type = Bool)]
    can_login: bool,
}

impl RoleRow {
    fn into_role(self) -> Result<(Identifier, Role), IdentifierError> {
        let role = Role {
            is_superuser: self.is_superuser,
            bypasses_rls: self.bypasses_rls,
            creates_roles: self.creates_roles,
            can_login: self.can_login,
        };
        Ok((Identifier::new(self.name)?, role))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct MemberRow {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    member: String,
    #[diesel(sql_type = Bool)]
    inherits: bool,
    #[diesel(sql_type = Bool)]
    becomes: bool,
    #[diesel(sql_type = Bool)]
    grants: bool,
    #[diesel(sql_type = Nullable<Text>)]
    grantor: Option<String>,
}

impl MemberRow {
    fn into_member(self) -> Result<((Identifier, Identifier), Member), IdentifierError> {
        let member = Member {
            inherits: self.inherits,
            becomes: self.becomes,
            grants: self.grants,
            grantor: self.grantor.map(Identifier::new).transpose()?,
        };
        Ok(((Identifier::new(self.role)?, Identifier::new(self.member)?), member))
    }
}
