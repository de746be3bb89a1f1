diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn tags() -> Vec<Table> {
    let composite = |table| Table { keys: Keys::Composite, ..table };
    let tags = [tagged::<posts::table, posts::tenant>(), tagged::<events::table, events::tenant>()];
    tags.map(composite).into()
}
