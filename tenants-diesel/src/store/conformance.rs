//! What every store is held to: a case is a function that panics where a store differs.
//!
//! `store_conformance!`(crate::store_conformance) makes a test of each.

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "cases of tests, named like what they check; they fail by a panic"
)]

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tenants_core::TenantId;
use tenants_core::store::{
    DatabaseUrl, Filter, Limit, ListQuery, Merge, Metadata, NewTenant, Placement, Slug, StoreError,
    Tenant, TenantChanges, TenantStatus, Version,
};

use super::tenant_store::TenantStore;

/// Makes a test of each case for a store.
///
/// The argument is an `async` function that returns an empty store of which all tests may have one at once. The tests
/// need `tokio` with `macros` and `rt-multi-thread`.
///
/// # Examples
///
/// ```
/// use tenants_diesel::store::MemoryStore;
///
/// async fn empty() -> MemoryStore {
///     MemoryStore::new()
/// }
///
/// tenants_diesel::store_conformance!(empty);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($store:path) => {
        $crate::store_conformance! { @ $store:
            what_is_created_is_there
            all_that_is_stored_comes_back
            an_id_or_a_slug_is_taken_once
            ids_differ_by_their_bytes
            reserved_slugs_are_refused
            names_are_for_people
            what_is_not_there_is_not_found
            an_update_changes_what_it_names
            an_update_of_an_old_version_is_refused
            a_slug_moves
            a_taken_slug_changes_nothing
            placement_can_be_set_and_cleared
            every_status_is_reached
            a_transition_compares_before_it_sets
            several_get_a_status_or_none
            nobody_is_restored_by_the_way
            many_get_a_status_at_once
            metadata_is_merged_key_by_key
            metadata_is_patched_like_the_rfc
            keys_are_removed
            too_much_metadata_changes_nothing
            metadata_is_measured_alike
            metadata_comes_back_whole
            many_are_found_in_the_order_of_their_ids
            one_hundred_thousand_ids_are_no_problem
            what_is_deleted_is_gone_and_its_id_too
            the_newest_come_first
            pages_end_where_the_next_begin
            any_cursor_is_a_place
            an_offset_passes_records_over
            counts_are_by_status
            a_search_ranks_the_slug_first
            a_search_takes_text_for_text
            a_search_finds_the_very_name
            a_walk_meets_everybody_once
            concurrent_merges_lose_nothing
            concurrent_creates_are_stored_as_acknowledged
            of_concurrent_updates_one_wins
            of_concurrent_transitions_one_wins
            a_stale_update_does_not_lift_a_suspension
        }
    };
    (@ $store:path: $($case:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::store::conformance::$case(&$store().await).await;
        }
    )*};
}

fn id(number: usize) -> TenantId {
    format!("tenant-{number:06}").as_str().try_into().unwrap()
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn metadata(value: Value) -> Metadata {
    value.try_into().unwrap()
}

fn new(number: usize) -> NewTenant {
    NewTenant::new(id(number), slug(&format!("slug-{number}"))).name(format!("Name {number}"))
}

async fn with(store: &impl TenantStore, tenants: usize) -> Vec<Tenant> {
    let mut all = Vec::new();
    for number in 0..tenants {
        all.push(store.create(&new(number)).await.unwrap());
    }
    all
}

pub async fn what_is_created_is_there(store: &impl TenantStore) {
    let created = store.create(&new(1)).await.unwrap();
    assert_eq!(created.version, Version::from_stored(1));
    assert_eq!((created.status, &created.placement), (TenantStatus::Active, &Placement::Shared));
    assert_eq!(store.get(&id(1)).await.unwrap(), created);
    assert_eq!(store.get_by_slug(&slug("slug-1")).await.unwrap(), created);
    assert!(store.exists(&id(1)).await.unwrap());
    assert!(!store.exists(&id(2)).await.unwrap());
}

pub async fn all_that_is_stored_comes_back(store: &impl TenantStore) {
    let nested = json!({ "o": { "a": [1, 2.5, "x", null, true] }, "n": null, "ü": "🦀'\"\\%" });
    let places = [
        Placement::Shared,
        Placement::Schema("tenant_x".parse().unwrap()),
        Placement::Database(DatabaseUrl::new("postgres://u:p@h/d")),
    ];
    for (number, placement) in places.into_iter().enumerate() {
        let tenant = new(number)
            .name("Ünïcode 🦀 '; DROP TABLE")
            .status(TenantStatus::Provisioning)
            .placement(placement.clone())
            .metadata(metadata(nested.clone()));
        let created = store.create(&tenant).await.unwrap();
        let stored = store.get(&id(number)).await.unwrap();
        assert_eq!(created, stored);
        assert_eq!((&stored.name, &stored.placement), (&tenant.name, &placement));
        assert_eq!(stored.status, TenantStatus::Provisioning);
        assert_eq!(stored.metadata, metadata(nested.clone()));
        assert!(!format!("{stored:?}").contains("u:p@h"));
    }
}

pub async fn an_id_or_a_slug_is_taken_once(store: &impl TenantStore) {
    store.create(&new(1)).await.unwrap();
    let same_id = NewTenant::new(id(1), slug("other"));
    assert!(matches!(store.create(&same_id).await, Err(StoreError::DuplicateId)));
    let same_slug = NewTenant::new(id(2), slug("slug-1"));
    assert!(matches!(store.create(&same_slug).await, Err(StoreError::DuplicateSlug)));
    assert!(matches!(store.create(&new(1)).await, Err(StoreError::DuplicateId)));
    // Ids differ by their bytes: in case, in what stands at their end, and in how a letter is written.
    for (number, other) in ["TENANT-000001", "tenant-000001 ", "é", "e\u{301}"].iter().enumerate()
    {
        let other = TenantId::try_from(*other).unwrap();
        assert!(matches!(store.get(&other).await, Err(StoreError::NotFound)), "{other:?}");
        store.create(&NewTenant::new(other, slug(&format!("other-{number}")))).await.unwrap();
    }
    assert_eq!(store.count(&Filter::all()).await.unwrap(), 5);
}

pub async fn ids_differ_by_their_bytes(store: &impl TenantStore) {
    // In upper case, with a blank, composed and decomposed.
    let ids = ["acme", "acme ", " acme", "Acme", "acm\u{e9}", "acme\u{301}", "acme\n", "%", "_"];
    let ids = ids.map(|id| TenantId::try_from(id).unwrap());
    for (number, id) in ids.iter().enumerate() {
        let missing = store.get(id).await;
        assert!(matches!(missing, Err(StoreError::NotFound)), "{id:?}: {missing:?}");
        let created = store.create(&NewTenant::new(id.clone(), new(number).slug)).await;
        assert_eq!(created.unwrap().id, *id);
    }
    for id in &ids {
        assert_eq!(store.get(id).await.unwrap().id, *id);
    }
    let found = store.get_many(&ids).await.unwrap();
    assert_eq!(found.into_iter().map(|it| it.unwrap().id).collect::<Vec<_>>(), ids);
    store.delete(&ids[0]).await.unwrap();
    assert_eq!(store.count(&Filter::all()).await.unwrap(), ids.len() as u64 - 1);
}

pub async fn reserved_slugs_are_refused(store: &impl TenantStore) {
    for word in ["admin", "www", "public"] {
        let refused = store.create(&NewTenant::new(id(1), slug(word))).await;
        assert!(matches!(refused, Err(StoreError::Slug(_))), "{word}");
    }
    let tenant = store.create(&new(1)).await.unwrap();
    let renamed = TenantChanges::new().slug(slug("admin"));
    let refused = store.update(&id(1), tenant.version, &renamed).await;
    assert!(matches!(refused, Err(StoreError::Slug(_))));
}

pub async fn names_are_for_people(store: &impl TenantStore) {
    let before = store.create(&new(1)).await.unwrap();
    for name in ["x".repeat(256), "a\0".to_owned(), "a\nb".to_owned(), "\u{1b}[2J".to_owned()] {
        let refused = store.create(&new(2).name(name.as_str())).await;
        assert!(matches!(refused, Err(StoreError::Name(_))), "{name:?}: {refused:?}");
        let renamed = TenantChanges::new().name(name.as_str());
        let refused = store.update(&id(1), before.version, &renamed).await;
        assert!(matches!(refused, Err(StoreError::Name(_))), "{name:?}: {refused:?}");
    }
    assert_eq!(store.list(&ListQuery::default()).await.unwrap().items, [before]);
    let longest = "ü".repeat(255);
    assert_eq!(store.create(&new(2).name(&*longest)).await.unwrap().name, longest);
    assert_eq!(store.create(&new(3).name("")).await.unwrap().name, "");
}

pub async fn what_is_not_there_is_not_found(store: &impl TenantStore) {
    let nobody = &id(9);
    store.create(&new(1)).await.unwrap();
    let any = TenantStatus::ALL;
    let patch = metadata(json!({ "a": 1 }));
    let first = Version::from_stored(1);
    let missing = |outcome: Result<Tenant, StoreError>| {
        assert!(matches!(outcome, Err(StoreError::NotFound)), "{outcome:?}");
    };
    missing(store.get(nobody).await);
    missing(store.get_by_slug(&slug("nobody")).await);
    missing(store.update(nobody, first, &TenantChanges::new().name("x")).await);
    missing(store.transition(nobody, &any, TenantStatus::Suspended).await);
    missing(store.merge_metadata(nobody, &patch, Merge::Shallow).await);
    missing(store.merge_metadata(nobody, &patch, Merge::MergePatch).await);
    missing(store.remove_metadata(nobody, &["a"]).await);
    assert!(matches!(store.delete(nobody).await, Err(StoreError::NotFound)));
}

pub async fn an_update_changes_what_it_names(store: &impl TenantStore) {
    let before = store.create(&new(1).metadata(metadata(json!({ "a": 1 })))).await.unwrap();
    let changes = TenantChanges::new().name("Another");
    let after = store.update(&id(1), before.version, &changes).await.unwrap();
    assert_eq!(after.name, "Another");
    assert!(after.version > before.version && after.updated_at >= before.updated_at);
    assert_eq!((&after.slug, after.created_at), (&before.slug, before.created_at));
    assert_eq!((&after.metadata, after.status), (&before.metadata, before.status));
    assert_eq!(store.get(&id(1)).await.unwrap(), after);
}

pub async fn an_update_of_an_old_version_is_refused(store: &impl TenantStore) {
    let first = store.create(&new(1)).await.unwrap();
    let second = store.update(&id(1), first.version, &TenantChanges::new().name("b")).await;
    let second = second.unwrap();
    let stale = store.update(&id(1), first.version, &TenantChanges::new().name("c")).await;
    let Err(StoreError::VersionConflict { current }) = stale else { panic!("{stale:?}") };
    assert_eq!(current, second.version);
    assert_eq!(store.get(&id(1)).await.unwrap(), second);
}

pub async fn a_slug_moves(store: &impl TenantStore) {
    let tenant = store.create(&new(1)).await.unwrap();
    let changes = TenantChanges::new().slug(slug("moved"));
    let moved = store.update(&id(1), tenant.version, &changes).await.unwrap();
    assert!(matches!(store.get_by_slug(&slug("slug-1")).await, Err(StoreError::NotFound)));
    assert_eq!(store.get_by_slug(&slug("moved")).await.unwrap(), moved);
    // The old one is free.
    store.create(&NewTenant::new(id(2), slug("slug-1"))).await.unwrap();
    let none = TenantChanges::new().without_slug();
    let without = store.update(&id(1), moved.version, &none).await.unwrap();
    assert_eq!(without.slug, None);
    assert!(matches!(store.get_by_slug(&slug("moved")).await, Err(StoreError::NotFound)));
}

pub async fn a_taken_slug_changes_nothing(store: &impl TenantStore) {
    let all = with(store, 2).await;
    let changes = TenantChanges::new().slug(slug("slug-0")).name("x");
    let refused = store.update(&id(1), all[1].version, &changes).await;
    assert!(matches!(refused, Err(StoreError::DuplicateSlug)), "{refused:?}");
    assert_eq!(store.get(&id(1)).await.unwrap(), all[1]);
    assert_eq!(store.get_by_slug(&slug("slug-0")).await.unwrap(), all[0]);
}

pub async fn placement_can_be_set_and_cleared(store: &impl TenantStore) {
    let tenant = store.create(&new(1)).await.unwrap();
    let schema = Placement::Schema("tenant_x".parse().unwrap());
    let changes = TenantChanges::new().placement(schema.clone());
    let moved = store.update(&id(1), tenant.version, &changes).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().placement, schema);
    let changes = TenantChanges::new().placement(Placement::Shared);
    store.update(&id(1), moved.version, &changes).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().placement, Placement::Shared);
}

pub async fn every_status_is_reached(store: &impl TenantStore) {
    use TenantStatus::{Active, Deleted, Deleting, Failed, Provisioning, Suspended};
    let mut before = store.create(&new(1).status(Provisioning)).await.unwrap();
    for to in
        [Failed, Provisioning, Active, Suspended, Active, Deleted, Suspended, Deleting, Deleted]
    {
        let after = store.transition(&id(1), &TenantStatus::ALL, to).await.unwrap();
        assert_eq!(after.status, to);
        assert!(after.version > before.version && after.updated_at >= before.updated_at);
        assert_eq!(store.get(&id(1)).await.unwrap(), after);
        before = after;
    }
}

pub async fn a_transition_compares_before_it_sets(store: &impl TenantStore) {
    let tenant = store.create(&new(1)).await.unwrap();
    for (from, to) in [
        // Not what it is.
        (TenantStatus::Suspended, TenantStatus::Active),
        // Not what becomes that.
        (TenantStatus::Active, TenantStatus::Provisioning),
        (TenantStatus::Active, TenantStatus::Active),
    ] {
        let refused = store.transition(&id(1), &[from], to).await;
        let Err(StoreError::IllegalTransition { from, to: refused_to }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((from, refused_to), (TenantStatus::Active, to));
    }
    assert_eq!(store.get(&id(1)).await.unwrap(), tenant);
}

pub async fn several_get_a_status_or_none(store: &impl TenantStore) {
    with(store, 4).await;
    store.transition(&id(3), &TenantStatus::ALL, TenantStatus::Deleted).await.unwrap();
    assert_eq!(store.transition_many(&[], TenantStatus::Suspended).await.unwrap(), 0);
    let ids = [id(0), id(8), id(3), id(1)];
    let refused = store.transition_many(&ids, TenantStatus::Failed).await;
    let Err(StoreError::Several(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.missing, [id(8)]);
    let illegal: BTreeSet<_> = refused.illegal.into_iter().collect();
    let expected = [
        (id(0), TenantStatus::Active),
        (id(1), TenantStatus::Active),
        (id(3), TenantStatus::Deleted),
    ];
    assert_eq!(illegal, expected.into());
    assert_eq!(store.count(&Filter::status(TenantStatus::Active)).await.unwrap(), 3);

    let ids = [id(2), id(0), id(1), id(0)];
    assert_eq!(store.transition_many(&ids, TenantStatus::Suspended).await.unwrap(), 3);
    assert_eq!(store.count(&Filter::status(TenantStatus::Suspended)).await.unwrap(), 3);
}

/// Neither by a list that is out of date, nor into service.
pub async fn nobody_is_restored_by_the_way(store: &impl TenantStore) {
    use TenantStatus::{Active, Deleted, Deleting, Suspended};
    with(store, 3).await;
    store.transition(&id(0), &[Active], Suspended).await.unwrap();
    store.transition(&id(0), &[Suspended], Deleted).await.unwrap();
    store.transition(&id(1), &[Active], Deleting).await.unwrap();
    store.transition(&id(1), &[Deleting], Deleted).await.unwrap();
    for number in [0, 1] {
        let served = store.transition(&id(number), &TenantStatus::ALL, Active).await;
        assert!(matches!(served, Err(StoreError::IllegalTransition { .. })), "{served:?}");
        for to in [Active, Suspended] {
            let restored = store.transition_many(&[id(2), id(number)], to).await;
            let Err(StoreError::Several(refused)) = restored else { panic!("{restored:?}") };
            assert!(refused.illegal.contains(&(id(number), Deleted)));
        }
        assert_eq!(store.get(&id(number)).await.unwrap().status, Deleted);
    }
    assert_eq!(store.get(&id(2)).await.unwrap().status, Active);
    // Whoever names it restores it, as one that is not served.
    store.transition(&id(0), &[Deleted], Suspended).await.unwrap();
    assert_eq!(store.transition_many(&[id(1)], Deleting).await.unwrap(), 1);
}

pub async fn many_get_a_status_at_once(store: &impl TenantStore) {
    let all = with(store, 600).await;
    let ids: Vec<_> = all.iter().map(|tenant| tenant.id.clone()).collect();
    let twice: Vec<_> = ids.iter().chain(&ids).cloned().collect();
    let suspended = store.transition_many(&twice, TenantStatus::Suspended).await.unwrap();
    assert_eq!(suspended, ids.len());
    let filter = Filter::status(TenantStatus::Suspended);
    assert_eq!(store.count(&filter).await.unwrap(), ids.len() as u64);
    for tenant in store.get_many(&ids).await.unwrap() {
        assert_eq!(tenant.unwrap().version, Version::from_stored(2));
    }
    let many: Vec<_> = (0..100_000).map(id).collect();
    let refused = store.transition_many(&many, TenantStatus::Active).await;
    let Err(StoreError::Several(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.missing.len(), refused.illegal.len()), (99_400, 0));
    assert_eq!(store.count(&filter).await.unwrap(), ids.len() as u64);
}

pub async fn metadata_is_merged_key_by_key(store: &impl TenantStore) {
    let start = metadata(json!({ "a": { "b": 1 }, "c": 1 }));
    let before = store.create(&new(1).metadata(start)).await.unwrap();
    let merge = async |patch: Value| {
        store.merge_metadata(&id(1), &metadata(patch), Merge::Shallow).await.unwrap()
    };
    let after = merge(json!({ "a": { "d": 2 }, "e": null })).await;
    assert_eq!(after.metadata, metadata(json!({ "a": { "d": 2 }, "c": 1, "e": null })));
    assert!(after.version > before.version && after.updated_at >= before.updated_at);
    merge(json!({})).await;
    merge(json!({ "f": "'; --" })).await;
    let expected = metadata(json!({ "a": { "d": 2 }, "c": 1, "e": null, "f": "'; --" }));
    assert_eq!(store.get(&id(1)).await.unwrap().metadata, expected);
}

pub async fn metadata_is_patched_like_the_rfc(store: &impl TenantStore) {
    let start = metadata(json!({ "a": { "b": 1, "c": 2 }, "d": 1 }));
    store.create(&new(1).metadata(start)).await.unwrap();
    let patch = metadata(json!({ "a": { "b": null, "e": 3 }, "d": null }));
    let merged = store.merge_metadata(&id(1), &patch, Merge::MergePatch).await.unwrap();
    assert_eq!(merged.metadata, metadata(json!({ "a": { "c": 2, "e": 3 } })));
}

pub async fn keys_are_removed(store: &impl TenantStore) {
    let start = metadata(json!({ "a": 1, "b": 2, "c'": 3 }));
    store.create(&new(1).metadata(start)).await.unwrap();
    let without = store.remove_metadata(&id(1), &["a", "c'", "nothing"]).await.unwrap();
    assert_eq!(without.metadata, metadata(json!({ "b": 2 })));
}

pub async fn too_much_metadata_changes_nothing(store: &impl TenantStore) {
    let large = |key: &str| metadata(json!({ key: "x".repeat(Metadata::MAX_BYTES * 2 / 3) }));
    let before = store.create(&new(1).metadata(large("a"))).await.unwrap();
    for mode in [Merge::Shallow, Merge::MergePatch] {
        let refused = store.merge_metadata(&id(1), &large("b"), mode).await;
        assert!(matches!(refused, Err(StoreError::Metadata(_))), "{refused:?}");
    }
    assert_eq!(store.get(&id(1)).await.unwrap(), before);
    store.merge_metadata(&id(1), &large("a"), Merge::Shallow).await.unwrap();
}

/// Up to the last byte, by both modes and by the first metadata of a tenant.
pub async fn metadata_is_measured_alike(store: &impl TenantStore) {
    let around = r#"{"a": "", "n": [1, 2, 10000000000000000]}"#.len();
    let filled = |length: usize| json!({ "a": "x".repeat(length - around), "n": [1, 2, 1e16] });
    let full = metadata(filled(Metadata::MAX_BYTES));
    assert!(Metadata::try_from(filled(Metadata::MAX_BYTES + 1)).is_err());
    store.create(&new(0).metadata(full.clone())).await.unwrap();
    let rest = full.as_object()["a"].clone();
    for (number, mode) in [(1, Merge::Shallow), (2, Merge::MergePatch)] {
        store.create(&new(number).metadata(metadata(json!({ "n": [1, 2, 1e16] })))).await.unwrap();
        let merged = store.merge_metadata(&id(number), &metadata(json!({ "a": rest })), mode).await;
        let merged = merged.unwrap();
        let longer = format!("{}x", rest.as_str().unwrap());
        let refused =
            store.merge_metadata(&id(number), &metadata(json!({ "a": longer })), mode).await;
        assert!(matches!(refused, Err(StoreError::Metadata(_))), "{mode:?}: {refused:?}");
        assert_eq!(store.get(&id(number)).await.unwrap(), merged);
    }
}

pub async fn metadata_comes_back_whole(store: &impl TenantStore) {
    let deep = (2..Metadata::MAX_LEVELS).fold(json!({ "x": 1 }), |value, _| json!({ "a": value }));
    let start = metadata(json!({ "deep": deep }));
    store.create(&new(1).metadata(start.clone())).await.unwrap();
    // Many numbers that take few bytes to write and many digits to store.
    let powers = metadata(json!({ "n": vec![1e19; 2_000], "e": vec![1e300, 1e-300] }));
    for mode in [Merge::Shallow, Merge::MergePatch] {
        store.merge_metadata(&id(1), &powers, mode).await.unwrap();
        let there = store.get(&id(1)).await.unwrap().metadata;
        assert_eq!(there.get("deep"), start.get("deep"));
        assert_eq!(there.get("n").unwrap().as_array().unwrap().len(), 2_000);
    }
    let floats = [0.1, -0.5, 9.627_541_611_999_899e-189, f64::MAX, f64::MIN_POSITIVE, 1e16, -0.0];
    let numbers = metadata(json!({ "f": floats, "i": [i64::MIN, 0], "u": [u64::MAX] }));
    store.create(&new(2).metadata(numbers.clone())).await.unwrap();
    store.remove_metadata(&id(2), &["nothing"]).await.unwrap();
    let there = store.get(&id(2)).await.unwrap().metadata;
    let read: Vec<f64> = serde_json::from_value(there.get("f").unwrap().clone()).unwrap();
    assert_eq!(read, floats);
    assert_eq!((there.get("i"), there.get("u")), (numbers.get("i"), numbers.get("u")));
}

pub async fn many_are_found_in_the_order_of_their_ids(store: &impl TenantStore) {
    let all = with(store, 3).await;
    let found = store.get_many(&[id(2), id(9), id(0), id(2)]).await.unwrap();
    let expected =
        [Some(&all[2]), None, Some(&all[0]), Some(&all[2])].map(Option::<&Tenant>::cloned);
    assert_eq!(found, expected);
    assert_eq!(store.get_many(&[]).await.unwrap(), []);
}

pub async fn one_hundred_thousand_ids_are_no_problem(store: &impl TenantStore) {
    let all = with(store, 2).await;
    let ids: Vec<_> = (0..100_000).map(id).collect();
    let found = store.get_many(&ids).await.unwrap();
    assert_eq!(found.len(), ids.len());
    assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), all);
}

pub async fn what_is_deleted_is_gone_and_its_id_too(store: &impl TenantStore) {
    let secret = metadata(json!({ "a": 1 }));
    store.create(&new(1).metadata(secret)).await.unwrap();
    let other = store.create(&new(2)).await.unwrap();
    store.delete(&id(1)).await.unwrap();
    assert!(matches!(store.delete(&id(1)).await, Err(StoreError::NotFound)));
    assert!(matches!(store.get(&id(1)).await, Err(StoreError::NotFound)));
    assert!(!store.exists(&id(1)).await.unwrap());
    assert_eq!(store.get_many(&[id(1)]).await.unwrap(), [None]);
    assert_eq!(store.list(&ListQuery::new(Filter::all())).await.unwrap().items, [other]);
    assert_eq!(store.count(&Filter::all()).await.unwrap(), 1);
    assert_eq!(store.search("slug-1", Limit::default()).await.unwrap(), []);
    let any = TenantStatus::ALL;
    let back = store.transition(&id(1), &any, TenantStatus::Active).await;
    assert!(matches!(back, Err(StoreError::NotFound)));
    // The slug is free, and brings nothing along; the id is not.
    let again = NewTenant::new(id(1), slug("another"));
    assert!(matches!(store.create(&again).await, Err(StoreError::DuplicateId)));
    let heir = store.create(&NewTenant::new(id(3), slug("slug-1"))).await.unwrap();
    assert_eq!(heir.metadata, Metadata::new());
}

pub async fn the_newest_come_first(store: &impl TenantStore) {
    assert_eq!(store.list(&ListQuery::default()).await.unwrap().items, []);
    let mut all = with(store, 5).await;
    store.transition(&id(3), &TenantStatus::ALL, TenantStatus::Deleted).await.unwrap();
    store.transition(&id(1), &TenantStatus::ALL, TenantStatus::Suspended).await.unwrap();
    all.sort_by_key(|tenant| std::cmp::Reverse((tenant.created_at, tenant.id.clone())));
    let ids = |filter| async move {
        let page = store.list(&ListQuery::new(filter)).await.unwrap();
        assert_eq!((page.invalid, page.next), (Vec::new(), None));
        page.items.into_iter().map(|tenant| tenant.id).collect::<Vec<_>>()
    };
    let expected: Vec<_> = all.iter().map(|tenant| tenant.id.clone()).collect();
    assert_eq!(ids(Filter::all()).await, expected);
    let present: Vec<_> = expected.iter().filter(|it| **it != id(3)).cloned().collect();
    assert_eq!(ids(Filter::default()).await, present);
    assert_eq!(ids(Filter::status(TenantStatus::Suspended)).await, [id(1)]);
    assert_eq!(ids(Filter::any_of([])).await, []);
}

pub async fn pages_end_where_the_next_begin(store: &impl TenantStore) {
    let all = with(store, 7).await;
    let mut query = ListQuery::default().limit(Limit::new(3).unwrap());
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = store.list(&query).await.unwrap();
        seen.extend(page.items.into_iter().map(|tenant| tenant.id));
        pages += 1;
        // What comes and changes meanwhile moves nobody.
        store.create(&new(100 + pages)).await.unwrap();
        store.merge_metadata(&id(0), &Metadata::new(), Merge::Shallow).await.unwrap();
        let Some(next) = page.next else { break };
        query = query.after(next.to_string().parse().unwrap());
    }
    assert_eq!((pages, seen.len()), (3, all.len()));
    let seen: BTreeSet<_> = seen.into_iter().collect();
    assert_eq!(seen, all.into_iter().map(|tenant| tenant.id).collect());
}

/// Whoever wrote it.
pub async fn any_cursor_is_a_place(store: &impl TenantStore) {
    with(store, 3).await;
    for (cursor, behind) in [
        ("-62135596800000000-a", 0),
        ("-1-\u{10ffff}", 0),
        ("0-a", 0),
        ("253402300799999999-a", 3),
        ("253402300799999999-' OR true --", 3),
    ] {
        let query = ListQuery::default().after(cursor.parse().unwrap());
        assert_eq!(store.list(&query).await.unwrap().items.len(), behind, "{cursor}");
    }
}

pub async fn an_offset_passes_records_over(store: &impl TenantStore) {
    with(store, 4).await;
    let ids = async |offset| {
        let query = ListQuery::default().limit(Limit::new(2).unwrap()).offset(offset);
        let page = store.list(&query).await.unwrap();
        page.items.into_iter().map(|tenant| tenant.id).collect::<Vec<_>>()
    };
    let (first, second) = (ids(0).await, ids(2).await);
    assert_eq!((first.len(), second.len()), (2, 2));
    assert!(first.iter().all(|id| !second.contains(id)));
    assert_eq!(ids(4).await, []);
    assert_eq!(ids(u64::MAX).await, []);
}

pub async fn counts_are_by_status(store: &impl TenantStore) {
    let count = async |filter| store.count(&filter).await.unwrap();
    assert_eq!(count(Filter::all()).await, 0);
    with(store, 3).await;
    store.transition(&id(0), &TenantStatus::ALL, TenantStatus::Deleted).await.unwrap();
    assert_eq!(count(Filter::all()).await, 3);
    assert_eq!(count(Filter::default()).await, 2);
    assert_eq!(count(Filter::status(TenantStatus::Deleted)).await, 1);
    assert_eq!(count(Filter::status(TenantStatus::Failed)).await, 0);
}

pub async fn a_search_ranks_the_slug_first(store: &impl TenantStore) {
    for (number, slug, name) in [
        (0, "zz-acme", "One"),
        (1, "acme-two", "Two"),
        (2, "acme", "Three"),
        (3, "other", "The ACME of others"),
        (4, "acme-one", "Four"),
        (5, "nobody", "Nobody"),
    ] {
        let tenant = NewTenant::new(id(number), slug.parse().unwrap()).name(name);
        store.create(&tenant).await.unwrap();
    }
    let found = async |text: &str, limit| {
        let found = store.search(text, Limit::new(limit).unwrap()).await.unwrap();
        found.into_iter().map(|it| it.slug.unwrap().to_string()).collect::<Vec<_>>()
    };
    let expected = ["acme", "acme-one", "acme-two", "other", "zz-acme"];
    assert_eq!(found("acme", 100).await, expected);
    assert_eq!(found("AcMe", 100).await, expected);
    assert_eq!(found("acme", 2).await, expected[..2]);
    assert_eq!(found("nothing", 100).await, [""; 0]);
}

pub async fn a_search_takes_text_for_text(store: &impl TenantStore) {
    for (number, name) in
        ["100%", "1000", "a_b", "axb", "back\\slash", "bang!", "it's"].iter().enumerate()
    {
        store.create(&new(number).name(*name)).await.unwrap();
    }
    for (text, expected) in [
        ("100%", "100%"),
        ("a_b", "a_b"),
        ("k\\s", "back\\slash"),
        ("g!", "bang!"),
        ("t's", "it's"),
    ] {
        let found = store.search(text, Limit::default()).await.unwrap();
        let names: Vec<_> = found.iter().map(|tenant| &*tenant.name).collect();
        assert_eq!(names, [expected]);
    }
    assert_eq!(store.search("\0", Limit::default()).await.unwrap(), []);
}

/// In whatever case it is written: what a database makes of it, it makes of both.
pub async fn a_search_finds_the_very_name(store: &impl TenantStore) {
    let names = ["Über GmbH", "İstanbul A.Ş.", "ΣΊΣΥΦΟΣ", "Straße", "ǅ", "ÅNGSTRÖM"];
    for (number, name) in names.iter().enumerate() {
        store.create(&new(number).name(*name)).await.unwrap();
    }
    for name in names {
        let found = store.search(name, Limit::default()).await.unwrap();
        let found: Vec<_> = found.iter().map(|tenant| &*tenant.name).collect();
        assert_eq!(found, [name]);
    }
    let long = "x".repeat(1 << 20);
    assert_eq!(store.search(&long, Limit::default()).await.unwrap(), []);
    let wild = "%_!".repeat(1 << 10);
    assert_eq!(store.search(&wild, Limit::default()).await.unwrap(), []);
}

pub async fn a_walk_meets_everybody_once(store: &impl TenantStore) {
    let all = with(store, 250).await;
    let mut walk = std::pin::pin!(store.walk(Filter::all()));
    let mut seen = Vec::new();
    while let Some(tenant) = walk.next().await {
        let tenant = tenant.unwrap();
        // It is in another place of the list by its status, and not of the walk.
        if seen.len() % 50 == 0 {
            store.transition(&id(249), &[TenantStatus::Active], TenantStatus::Suspended).await.ok();
        }
        seen.push(tenant.id);
    }
    assert_eq!(seen, all.into_iter().map(|tenant| tenant.id).collect::<Vec<_>>());
}

pub async fn concurrent_merges_lose_nothing(store: &impl TenantStore) {
    store.create(&new(1)).await.unwrap();
    for (round, merges) in [50, 200].into_iter().enumerate() {
        for mode in [Merge::Shallow, Merge::MergePatch] {
            let patches =
                (0..merges).map(|n| metadata(json!({ format!("{round}-{mode:?}-{n}"): n })));
            let patches: Vec<_> = patches.collect();
            let id = id(1);
            let all = patches.iter().map(|patch| store.merge_metadata(&id, patch, mode));
            for merged in join_all(all).await {
                merged.unwrap();
            }
        }
    }
    let tenant = store.get(&id(1)).await.unwrap();
    assert_eq!(tenant.metadata.as_object().len(), 500);
    assert_eq!(tenant.version, Version::from_stored(501));
}

pub async fn concurrent_creates_are_stored_as_acknowledged(store: &impl TenantStore) {
    // Each id and each slug twice.
    let tenants: Vec<_> = (0..50)
        .map(|n: usize| NewTenant::new(id(n / 2), slug(&format!("slug-{}", n.div_ceil(2)))))
        .collect();
    let outcomes = join_all(tenants.iter().map(|tenant| store.create(tenant))).await;
    let mut acknowledged = BTreeSet::new();
    for outcome in outcomes {
        match outcome {
            Ok(tenant) => assert!(acknowledged.insert(tenant.id)),
            Err(StoreError::DuplicateId | StoreError::DuplicateSlug) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    let stored = store.list(&ListQuery::default()).await.unwrap().items;
    assert!(acknowledged.len() >= 17, "{}", acknowledged.len());
    assert_eq!(stored.into_iter().map(|tenant| tenant.id).collect::<BTreeSet<_>>(), acknowledged);
}

pub async fn of_concurrent_updates_one_wins(store: &impl TenantStore) {
    let tenant = store.create(&new(1)).await.unwrap();
    let changes: Vec<_> =
        (0..20).map(|number| TenantChanges::new().name(format!("{number}"))).collect();
    let id = id(1);
    let all = changes.iter().map(|changes| store.update(&id, tenant.version, changes));
    let (mut won, mut lost) = (Vec::new(), 0);
    for outcome in join_all(all).await {
        match outcome {
            Ok(tenant) => won.push(tenant),
            Err(StoreError::VersionConflict { .. }) => lost += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((won.len(), lost), (1, 19));
    assert_eq!(store.get(&id).await.unwrap(), won[0]);
}

pub async fn of_concurrent_transitions_one_wins(store: &impl TenantStore) {
    store.create(&new(1)).await.unwrap();
    let id = id(1);
    let active = [TenantStatus::Active];
    let all = (0..20).map(|_| store.transition(&id, &active, TenantStatus::Suspended));
    let won = join_all(all).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1);
}

pub async fn a_stale_update_does_not_lift_a_suspension(store: &impl TenantStore) {
    let read = store.create(&new(1)).await.unwrap();
    store.transition(&id(1), &[TenantStatus::Active], TenantStatus::Suspended).await.unwrap();
    let stale = store.update(&id(1), read.version, &TenantChanges::new().name("x")).await;
    assert!(matches!(stale, Err(StoreError::VersionConflict { .. })));
    // And a fresh one leaves it.
    let fresh = store.get(&id(1)).await.unwrap();
    store.update(&id(1), fresh.version, &TenantChanges::new().name("x")).await.unwrap();
    assert_eq!(store.get(&id(1)).await.unwrap().status, TenantStatus::Suspended);
}
