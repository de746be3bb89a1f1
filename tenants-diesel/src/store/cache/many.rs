//! Reads of several tenants.

use std::collections::HashMap;

use tenants_core::TenantId;
use tenants_core::store::Tenant;

use super::Kept;
use super::clock::Tick;

/// What is known of several ids, each in its place.
pub(crate) struct Many {
    places: Vec<Place>,
    /// What the store is to be asked for.
    pub(crate) missing: Vec<TenantId>,
}

enum Place {
    Known(Option<Tenant>),
    /// Where it is among the missing.
    Missing(usize),
}

impl Kept {
    pub(crate) fn look_up_many(&self, ids: &[TenantId]) -> Many {
        let mut many = Many { places: Vec::with_capacity(ids.len()), missing: Vec::new() };
        let mut asked = HashMap::new();
        for id in ids {
            let known = self.record(id);
            self.count(known.is_some());
            many.places.push(match known {
                Some(found) => Place::Known(found.map(|tenant| (*tenant).clone())),
                None => Place::Missing(*asked.entry(id).or_insert_with(|| {
                    many.missing.push(id.clone());
                    many.missing.len() - 1
                })),
            });
        }
        many
    }
}

impl Many {
    /// Puts what the store answered to its places, and keeps it. Not that others are not there: a list of ids from
    /// elsewhere would take the places of tenants.
    pub(crate) fn complete(
        self,
        kept: &Kept,
        began: Tick,
        found: Vec<Option<Tenant>>,
    ) -> Vec<Option<Tenant>> {
        for tenant in found.iter().flatten() {
            kept.keep_tenant(began, tenant);
        }
        let at = |place: usize| found.get(place).cloned().flatten();
        let places = self.places.into_iter().map(|place| match place {
            Place::Known(known) => known,
            Place::Missing(place) => at(place),
        });
        places.collect()
    }
}
