diesel::table! { files (id) { id -> BigInt, owner -> Uuid, } }

pub(super) fn tags() -> Vec<Table> {
    vec![tagged::<files::table, files::owner>()]
}
