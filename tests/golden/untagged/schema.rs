diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { notes (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn before() -> Vec<Table> {
    vec![
        tagged::<events::table, events::tenant>(),
        tagged::<notes::table, notes::tenant>(),
        tagged::<posts::table, posts::tenant>(),
    ]
}

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<events::table, events::tenant>()]
}
