diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { notes (id) { id -> BigInt, tenant -> Integer, } }
diesel::table! { files (id) { id -> BigInt, owner -> Uuid, } }
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
diesel::table! {
    #[sql_name = "Quarter \"Report\""]
    #[allow(non_snake_case)]
    Sales.reports (id) {
        id -> BigInt,
        #[sql_name = "Customer"]
        customer -> Text,
    }
}

pub(super) fn tags() -> Vec<Table> {
    vec![
        tagged::<posts::table, posts::tenant>(),
        tagged::<notes::table, notes::tenant>(),
        tagged::<files::table, files::owner>(),
        tagged::<events::table, events::tenant>(),
        tagged::<reports::table, reports::customer>(),
    ]
}
