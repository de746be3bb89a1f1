//! What is asked for.

use tenants_diesel::TenantId;

/// How many tenants there are.
pub const TENANTS: u64 = 100;

/// How many rows each of them has, with the ids from 1.
pub const ROWS: u64 = 1_000;

/// One row of one tenant.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Index of the tenant.
    pub tenant: usize,
    /// Id of the row.
    pub id: i64,
}

impl Request {
    /// The nth request of a service whose tenants take turns.
    #[must_use]
    pub fn nth(n: u64) -> Self {
        Self { tenant: index(n % TENANTS), ..Self::of_one_tenant(n) }
    }

    /// The nth request of a service whose requests all come from one tenant.
    #[must_use]
    pub fn of_one_tenant(n: u64) -> Self {
        // A prime: all rows have their turn, in no order that a cache would like.
        let id = n * 7_919 % ROWS + 1;
        Self { tenant: 0, id: i64::try_from(id).expect("an id is small") }
    }
}

/// The tenants' ids, `t000` and so on.
#[must_use]
pub fn tenant_ids() -> Vec<TenantId> {
    let id = |n| TenantId::try_from(format!("t{n:03}")).expect("the id is valid");
    (0..TENANTS).map(id).collect()
}

fn index(n: u64) -> usize {
    usize::try_from(n).expect("an index is small")
}
