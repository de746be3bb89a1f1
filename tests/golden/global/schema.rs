diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { counters (id) { id -> Integer, } }

pub(super) fn tags() -> Vec<Table> {
    vec![
        shared::<plans::table>(GlobalAccess::Read),
        shared::<counters::table>(GlobalAccess::ReadWrite),
    ]
}
