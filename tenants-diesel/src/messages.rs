//! What a pooled connection sends in the course of one scope.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use diesel::result::Error as DieselError;
use tenants_core::denial::Denials;
use tenants_core::scope::{Access, Entry, Subject, Then};
use tenants_core::{Identifier, Sql};

use crate::denied::refused;
use crate::error::CheckoutError;
use crate::settings::{Pooler, Scoping};
use crate::signer::Proof;

/// The messages of one scope, as `tenants_core::scope` renders them.
pub(crate) struct Messages {
    /// Ahead of the first operation.
    enter: Enter,
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
    /// By what a statement that the server denied is known.
    pub(crate) denials: Arc<Denials>,
}

enum Enter {
    Fixed(Sql),
    /// Signed when it is sent.
    Signed {
        entry: Entry,
        /// What renews the signature, if the scope may outlive it.
        renew: Option<Entry>,
        proof: Proof,
        /// When to renew it.
        until: Option<Instant>,
    },
}

impl Enter {
    fn new(entry: Entry, renew: Option<Entry>, proof: Option<Proof>) -> Self {
        match proof {
            None => Self::Fixed(entry.unsigned()),
            Some(proof) => Self::Signed { entry, renew, proof, until: None },
        }
    }
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
    pub(crate) fn session(
        scoping: &Scoping,
        subject: Subject<'_>,
        proof: Option<Proof>,
    ) -> Result<Self, CheckoutError> {
        let scope = &scoping.scope;
        let renew = proof.is_some().then(|| scope.renew(subject)).transpose()?;
        Ok(Self {
            enter: Enter::new(scoping.session(subject)?, renew, proof),
            commit: scope.commit(subject, Then::Stay)?,
            rollback: scope.rollback(Then::Stay),
            park: scope.park(),
            clean: None,
            ends: Ends::WithConnection,
            tenant_role: scoping.tenant_role(subject)?,
            denials: Arc::clone(&scoping.denials),
        })
    }

    /// A scope that lasts for one transaction.
    pub(crate) fn transaction(
        scoping: &Scoping,
        subject: Subject<'_>,
        access: Access,
        pooler: Pooler,
        proof: Option<Proof>,
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
            enter: Enter::new(scoping.begin(subject, access)?, None, proof),
            commit: scope.commit(subject, then)?,
            rollback: scope.rollback(then),
            // The end of a `read`: nothing is to be kept, and a rollback takes back what its functions
            // set for the session.
            park: scope.rollback(then),
            clean,
            ends: Ends::WithTransaction,
            tenant_role: scoping.tenant_role(subject)?,
            denials: Arc::clone(&scoping.denials),
        })
    }

    /// A transaction of the login itself, which no application code sees.
    pub(crate) fn as_login(scoping: &Scoping) -> Self {
        let scope = &scoping.scope;
        Self {
            enter: Enter::Fixed(scope.begin_as_login()),
            commit: scope.finish(Then::Stay),
            rollback: scope.rollback(Then::Stay),
            park: scope.rollback(Then::Stay),
            clean: None,
            ends: Ends::WithTransaction,
            tenant_role: None,
            denials: Arc::clone(&scoping.denials),
        }
    }

    /// A transaction in which nothing can be seen but what a signature proves.
    pub(crate) fn proof(scoping: &Scoping, proof: Proof) -> Self {
        Self {
            enter: Enter::new(scoping.scope.prove(), None, Some(proof)),
            ..Self::as_login(scoping)
        }
    }

    /// The message that enters the scope, signed as of now.
    pub(crate) fn enter(&mut self) -> Sql {
        match &mut self.enter {
            Enter::Fixed(sql) => sql.clone(),
            Enter::Signed { entry, proof, until, .. } => {
                let (signature, renewal) = proof.sign();
                *until = Some(renewal);
                entry.signed(&signature)
            }
        }
    }

    /// Tells why the server refused a statement in scope, as far as scopes have to do with it.
    pub(crate) fn refused(&self, error: DieselError) -> DieselError {
        refused(error, &self.denials)
    }

    /// What must be sent ahead of an operation outside of transactions, so that its signature lasts.
    pub(crate) fn renewal(&mut self) -> Option<Sql> {
        match &mut self.enter {
            Enter::Signed { renew: Some(entry), proof, until, .. }
                if until.is_some_and(|until| until <= Instant::now()) =>
            {
                let (signature, renewal) = proof.sign();
                *until = Some(renewal);
                Some(entry.signed(&signature))
            }
            _ => None,
        }
    }
}
