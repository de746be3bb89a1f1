mod was {
    diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
    diesel::table! { notes (id) { id -> BigInt, tenant -> Integer, } }
}
diesel::table! { posts (id) { id -> BigInt, tenant -> Uuid, } }
diesel::table! { notes (id) { id -> BigInt, tenant -> BigInt, } }

pub(super) fn before() -> Vec<Table> {
    vec![
        tagged::<was::posts::table, was::posts::tenant>(),
        tagged::<was::notes::table, was::notes::tenant>(),
    ]
}

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<posts::table, posts::tenant>(), tagged::<notes::table, notes::tenant>()]
}
