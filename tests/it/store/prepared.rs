//! What comes again is planned once for each connection, and what does not is not kept.

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tenants_core::TenantId;
use tenants_diesel::store::{Filter, Limit, StoreError};

use super::places;

#[tokio::test]
async fn statements_are_prepared_once() {
    let (scratch, store) = places::postgres().await;
    let mut connection = AsyncPgConnection::establish(&scratch.url("provisioner")).await.unwrap();
    let ids: Vec<_> = ["a", "b", "c"].map(|id| TenantId::try_from(id).unwrap()).into();
    for many in 0..ids.len() {
        let mut store = store.on(&mut connection);
        assert!(matches!(store.get(&ids[many]).await, Err(StoreError::NotFound)));
        assert_eq!(store.count(&Filter::default()).await.unwrap(), 0);
        assert_eq!(store.get_many(&ids[many..]).await.unwrap(), vec![None; ids.len() - many]);
        assert!(store.search("a", Limit::default()).await.unwrap().is_empty());
    }
    let kept = "(SELECT count(*) FROM pg_prepared_statements WHERE position('\"tenants\".\"tenant\"' IN statement) > 0
        AND position('pg_prepared_statements' IN statement) = 0)";
    let kept: i64 = diesel::select(sql::<BigInt>(kept)).get_result(&mut connection).await.unwrap();
    assert_eq!(kept, 2, "those of `get` and of `count`");
}
