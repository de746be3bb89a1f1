diesel::table! { notes (id) { id -> BigInt, tenant -> Integer, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<notes::table, notes::tenant>()]
}
