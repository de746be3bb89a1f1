diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn tags() -> Vec<Table> {
    let keys = Keys::Composite;
    let posts = Table { keys, ..tagged::<posts::table, posts::tenant>() };
    let parent = Some(posts.name.clone());
    vec![posts, Table { keys, parent, ..tagged::<events::table, events::tenant>() }]
}
