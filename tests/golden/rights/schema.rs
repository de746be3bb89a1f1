diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { plans (id) { id -> Integer, } }

pub(super) fn before() -> Vec<Table> {
    tags()
}

pub(super) fn tags() -> Vec<Table> {
    vec![
        tagged::<events::table, events::tenant>(),
        tagged::<posts::table, posts::tenant>(),
        shared::<plans::table>(GlobalAccess::Read),
    ]
}
