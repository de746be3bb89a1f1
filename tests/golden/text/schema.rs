diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<posts::table, posts::tenant>()]
}
