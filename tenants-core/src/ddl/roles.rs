//! The roles of a cluster, and who is a member of which.
//!
//! Roles are shared by all databases of a cluster. Each statement here therefore can be run again,
//! and at the same time as another database's set-up. The roles of tenants, where tenants have
//! some, are made by the function `tenants.provision_role` (`migrations/`).

use crate::quote::{Body, Identifier, Literal, Sql, sql};

/// What a member of a role may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Become the role by `SET ROLE`, without having its rights before.
    Become,
    /// Grant it to others, and nothing else.
    Grant,
}

/// Creates a role that nobody can log in as, unless it is there.
#[must_use]
pub fn create(role: &Identifier) -> Sql {
    let body = sql!(
        "BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION
    -- Another database of this cluster has it already, or makes it in this moment.
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END",
        role = role,
    );
    sql!("DO {body}", body = Body(&body))
}

/// Makes `member` a member of `role`.
///
/// Up to PostgreSQL 15 a member has the role's rights unless it is NOINHERIT itself; later
/// versions keep that for each membership.
#[must_use]
pub fn grant(role: &Identifier, member: &Identifier, membership: Membership) -> Sql {
    let (before_16, from_16) = match membership {
        Membership::Become => (
            sql!("GRANT {role} TO {member}", role = role, member = member),
            sql!(
                "GRANT {role} TO {member} WITH INHERIT FALSE, SET TRUE",
                role = role,
                member = member,
            ),
        ),
        Membership::Grant => (
            sql!("GRANT {role} TO {member} WITH ADMIN OPTION", role = role, member = member),
            sql!(
                "GRANT {role} TO {member} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
                role = role,
                member = member,
            ),
        ),
    };
    let body = sql!(
        "BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE {from_16};
    ELSE
        EXECUTE {before_16};
    END IF;
END",
        from_16 = Literal::new(from_16.as_str()),
        before_16 = Literal::new(before_16.as_str()),
    );
    sql!("DO {body}", body = Body(&body))
}

/// Makes the roles of all tenants, or gives them back what they lack: members of `app` that `login` may
/// become. It commits for each, so it runs outside of a transaction.
#[must_use]
pub fn provision_all(app: &Identifier, login: &Identifier) -> Sql {
    sql!(
        r#"CALL "tenants"."provision_roles"({app}, {login})"#,
        app = Literal::new(app.as_str()),
        login = Literal::new(login.as_str()),
    )
}

/// What an administrator runs to make a runtime login, for messages.
#[must_use]
pub fn create_login(login: &Identifier) -> Sql {
    sql!("CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '...'", login = login)
}

/// What an administrator runs to make a login powerless until it is scoped, for messages.
///
/// Up to PostgreSQL 15 the login itself inherits, later each membership, which `tenants setup` makes
/// anew. Later ones also revoke nothing but what the named grantor granted, and only warn of it.
#[must_use]
pub fn no_inherit(role: &Identifier, login: &Identifier, grantor: Option<&Identifier>) -> Sql {
    match grantor {
        Some(grantor) => sql!(
            "ALTER ROLE {login} NOINHERIT; REVOKE {role} FROM {login} GRANTED BY {grantor}",
            login = login,
            role = role,
            grantor = grantor,
        ),
        None => sql!(
            "ALTER ROLE {login} NOINHERIT; REVOKE {role} FROM {login}",
            login = login,
            role = role,
        ),
    }
}
