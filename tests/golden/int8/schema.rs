diesel::table! { orders (id) { id -> BigInt, tenant -> BigInt, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<orders::table, orders::tenant>()]
}
