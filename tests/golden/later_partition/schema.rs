diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }

pub(super) fn before() -> Vec<Table> {
    tags()
}

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<events::table, events::tenant>()]
}
