diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<events::table, events::tenant>(), tagged::<posts::table, posts::tenant>()]
}
