diesel::table! { orders (id) { id -> BigInt, tenant -> BigInt, } }
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<orders::table, orders::tenant>(), tagged::<posts::table, posts::tenant>()]
}
