//! What a pooled connection sends in the course of one scope.

use std::sync::atomic::{AtomicU64, Ordering};

use tenants_core::scope::{Access, Subject, Then};
use tenants_core::{Identifier, Sql};

use crate::error::CheckoutError;
use crate::settings::{Pooler, Scoping};

/// The messages of one scope, as `tenants_core::scope` renders them.
pub(crate) struct Messages {
    /// Ahead of the first operation.
    pub(crate) enter: Sql,
    /// In place of `COMMIT`.
    pub(crate) commit: Sql,
    /// In place of `ROLLBACK`.
    pub(crate) rollback: Sql,
    /// When a connection goes back to its pool in scope.
    pub(crate) park: Sql,
    /// Behind the end of the scope, if raw statements ran in it and nothing else cleans up at once.
    pub(crate) clean: Option<Sql>,
    /// When the scope ends.
    pub(crate) ends: Ends,
    /// What no error of the server's own may name while the scope is entered.
    pub(crate) tenant_role: Option<Identifier>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The end of the transaction is the end of the scope.
    WithTransaction,
    /// The scope outlives its transactions.
    WithConnection,
}

/// Which connection a transaction was begun on: code that holds two of them mutably can swap them, and
/// the end of one would be reported as the end of the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EngineId(u64);

impl EngineId {
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

impl Messages {
    /// A scope that lasts until the connection goes back.
    pub(crate) fn session(scoping: &Scoping, subject: Subject<'_>) -> Result<Self, CheckoutError> {
        let scope = &scoping.scope;
        Ok(Self {
            enter: scoping.session(subject)?,
            commit: scope.commit(subject, Then::Stay)?,
            rollback: scope.rollback(Then::Stay),
            park: scope.park(),
            clean: None,
            ends: Ends::WithConnection,
            tenant_role: scoping.tenant_role(subject)?,
        })
    }

    /// A scope that lasts for one transaction.
    pub(crate) fn transaction(
        scoping: &Scoping,
        subject: Subject<'_>,
        access: Access,
        pooler: Pooler,
    ) -> Result<Self, CheckoutError> {
        let scope = &scoping.scope;
        let (then, clean) = match pooler {
            // The next message could reach another server connection, and the next user of this one
            // could be somebody else's.
            Pooler::Transaction => (Then::Park, None),
            // Cleaning in a message of its own fails closed, and its failure is not the transaction's.
            Pooler::None => (Then::Release, Some(scope.park())),
        };
        Ok(Self {
            enter: scoping.begin(subject, access)?,
            commit: scope.commit(subject, then)?,
            rollback: scope.rollback(then),
            // The end of a `read`: nothing is to be kept, and a rollback takes back what its functions
            // set for the session.
            park: scope.rollback(then),
            clean,
            ends: Ends::WithTransaction,
            tenant_role: scoping.tenant_role(subject)?,
        })
    }

    /// A transaction of the login itself, which no application code sees.
    pub(crate) fn as_login(scoping: &Scoping) -> Self {
        let scope = &scoping.scope;
        Self {
            enter: scope.begin_as_login(),
            commit: scope.finish(Then::Stay),
            rollback: scope.rollback(Then::Stay),
            park: scope.rollback(Then::Stay),
            clean: None,
            ends: Ends::WithTransaction,
            tenant_role: None,
        }
    }
}
