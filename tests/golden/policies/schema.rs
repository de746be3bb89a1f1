diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { files (id) { id -> BigInt, owner -> Uuid, } }
diesel::table! { notes (id) { id -> BigInt, tenant -> Integer, } }
diesel::table! { orders (id) { id -> BigInt, tenant -> BigInt, } }
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn before() -> Vec<Table> {
    tags()
}

pub(super) fn tags() -> Vec<Table> {
    vec![
        tagged::<events::table, events::tenant>(),
        tagged::<files::table, files::owner>(),
        tagged::<notes::table, notes::tenant>(),
        tagged::<orders::table, orders::tenant>(),
        tagged::<posts::table, posts::tenant>(),
    ]
}
