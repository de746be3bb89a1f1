//! Rows of the statements in [`tenants_core::lifecycle`].

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(crate) struct IdRow {
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
}

#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(crate) struct ExistsRow {
    #[diesel(sql_type = Bool)]
    pub(crate) found: bool,
}
