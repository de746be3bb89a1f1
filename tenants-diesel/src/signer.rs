//! Who signs the scopes of a pool, and for which connection.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::{BigInt, Integer};
use tenants_core::TenantId;
use tenants_core::signature::{BACKEND, Binding, Signature, SigningKey, VERIFY};

use crate::settings::Pooler;

/// How long a signature counts unless set: for as long as a scope may wait for its connection's attention,
/// and, behind a pooler, for its turn.
const LIFETIME: Duration = Duration::from_secs(300);
const LIFETIME_BEHIND_POOLER: Duration = Duration::from_secs(30);

/// The key of a pool, shared by its clones; it can be changed while scopes are entered.
pub(crate) struct Signer {
    key: RwLock<SigningKey>,
    lifetime: Duration,
    pooler: Pooler,
}

/// What signatures need to know of a connection; asked once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backend {
    pid: i32,
    /// The server's clock in seconds, at a moment of ours: the two clocks need not agree.
    clock: i64,
    at: Instant,
}

/// Signs for one tenant on one connection.
#[derive(Clone)]
pub(crate) struct Proof {
    signer: Arc<Signer>,
    backend: Backend,
    tenant: TenantId,
}

impl Signer {
    pub(crate) fn new(key: SigningKey, lifetime: Option<Duration>, pooler: Pooler) -> Self {
        let usual = match pooler {
            Pooler::None => LIFETIME,
            Pooler::Transaction => LIFETIME_BEHIND_POOLER,
        };
        Self { key: RwLock::new(key), lifetime: lifetime.unwrap_or(usual), pooler }
    }

    pub(crate) fn key_id(&self) -> String {
        self.key.read().unwrap_or_else(PoisonError::into_inner).id().to_owned()
    }

    /// The same with another key, to try it.
    pub(crate) fn with_key(&self, key: SigningKey) -> Self {
        Self { key: RwLock::new(key), lifetime: self.lifetime, pooler: self.pooler }
    }

    pub(crate) fn replace_key(&self, key: SigningKey) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl Proof {
    pub(crate) fn new(signer: Arc<Signer>, backend: Backend, tenant: TenantId) -> Self {
        Self { signer, backend, tenant }
    }

    /// A signature that counts from now on, and how long to use it: half its time, so that none ends
    /// on its way.
    pub(crate) fn sign(&self) -> (Signature, Instant) {
        let Signer { key, lifetime, pooler } = &*self.signer;
        let binding = match pooler {
            Pooler::None => Binding::Backend(self.backend.pid),
            Pooler::Transaction => Binding::Any,
        };
        let ends = self.backend.at.elapsed().saturating_add(*lifetime).as_secs();
        let expires = self.backend.clock.saturating_add_unsigned(ends);
        let key = key.read().unwrap_or_else(PoisonError::into_inner);
        (key.sign(&self.tenant, binding, expires), Instant::now() + *lifetime / 2)
    }
}

/// Whom a pool signs for to see whether its key is good. Its scope names no tenant, so it sees no row even if
/// there is one of this id.
pub(crate) fn nobody() -> TenantId {
    TenantId::from(0)
}

/// A row of [`BACKEND`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct BackendRow {
    #[diesel(sql_type = Integer)]
    pid: i32,
    #[diesel(sql_type = BigInt)]
    clock: i64,
}

impl From<BackendRow> for Backend {
    fn from(BackendRow { pid, clock }: BackendRow) -> Self {
        Self { pid, clock, at: Instant::now() }
    }
}

/// The query of [`BACKEND`].
pub(crate) fn backend() -> SqlQuery {
    diesel::sql_query(BACKEND)
}

/// The query of [`VERIFY`].
pub(crate) fn verify() -> SqlQuery {
    diesel::sql_query(VERIFY)
}
