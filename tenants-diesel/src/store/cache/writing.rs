//! Changes that are on their way.

use tenants_core::TenantId;
use tenants_core::store::{NewTenant, Slug, StoreError, TenantChanges};

use super::Kept;

/// A change that is on its way. It is told when it begins, so that whoever asks meanwhile asks the store, and when it
/// ends, by whatever way: also if its future is dropped, or panics.
pub(crate) struct Writing<'a> {
    kept: &'a Kept,
    texts: Vec<String>,
    is_settled: bool,
}

impl Kept {
    /// Begins a change of what is called so.
    pub(crate) fn write(&self, texts: Vec<String>) -> Writing<'_> {
        let writing = Writing { kept: self, texts, is_settled: false };
        writing.tell();
        writing
    }
}

impl Writing<'_> {
    /// Ends it. What the store refused was not done; of what failed otherwise nobody knows.
    pub(crate) fn end<T>(mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.is_settled = !matches!(
            outcome,
            Err(StoreError::Timeout | StoreError::Unavailable | StoreError::Backend { .. })
        );
        outcome
    }

    fn tell(&self) {
        for text in &self.texts {
            self.kept.clock.change(text);
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            // It may be committed yet, by a server that does not know that nobody waits.
            for text in &self.texts {
                self.kept.clock.doubt(text, self.kept.ttl);
            }
        }
        self.tell();
    }
}

/// What a new tenant changes: also that there was none.
pub(crate) fn by_creating(new: &NewTenant) -> Vec<String> {
    vec![new.id.as_str().to_owned(), new.slug.as_str().to_owned()]
}

/// What an update changes. The old slug leads to a record that counts no more.
pub(crate) fn by_updating(id: &TenantId, changes: &TenantChanges) -> Vec<String> {
    let slug = changes.slug.as_ref().and_then(Option::as_ref).map(Slug::as_str);
    [Some(id.as_str()), slug].into_iter().flatten().map(str::to_owned).collect()
}

/// What any other change of some tenants changes.
pub(crate) fn of_all<'a>(ids: impl IntoIterator<Item = &'a TenantId>) -> Vec<String> {
    ids.into_iter().map(|id| id.as_str().to_owned()).collect()
}
