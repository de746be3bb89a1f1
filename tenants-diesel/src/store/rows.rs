//! What the statements of a store return, to Diesel.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use tenants_core::store::Record;

#[derive(QueryableByName)]
pub(super) struct RecordRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    slug: Option<String>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Text)]
    isolation: String,
    #[diesel(sql_type = Nullable<Text>)]
    schema_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    database_url: Option<String>,
    #[diesel(sql_type = Text)]
    metadata: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

impl From<RecordRow> for Record {
    fn from(row: RecordRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            status: row.status,
            isolation: row.isolation,
            schema_name: row.schema_name,
            database_url: row.database_url,
            metadata: row.metadata,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

#[derive(QueryableByName)]
pub(super) struct NumberRow {
    #[diesel(sql_type = BigInt)]
    pub(super) number: i64,
}

#[derive(QueryableByName)]
pub(super) struct TextRow {
    #[diesel(sql_type = Text)]
    pub(super) text: String,
}
