mod archive {
    diesel::table! { archive.posts (id) { id -> BigInt, tenant -> Text, } }
}
diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn before() -> Vec<Table> {
    vec![tagged::<posts::table, posts::tenant>()]
}

pub(super) fn tags() -> Vec<Table> {
    vec![
        tagged::<archive::posts::table, archive::posts::tenant>(),
        tagged::<posts::table, posts::tenant>(),
    ]
}
