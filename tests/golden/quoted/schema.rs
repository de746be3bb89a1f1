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
    vec![tagged::<reports::table, reports::customer>()]
}
