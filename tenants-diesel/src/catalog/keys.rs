//! The rows of the queries about keys.

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use tenants_core::catalog::{
    Action, ForeignKey, ForeignKeyObstacle, KeyForm, UniqueKey, UniqueKeyObstacle,
};
use tenants_core::{Deparsed, Identifier, IdentifierError};

use super::CatalogError;
use super::rows::table_name;

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct UniqueKeyRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    above_schema: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    above: Option<String>,
    #[diesel(sql_type = Bool)]
    is_constraint: bool,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
    #[diesel(sql_type = Bool)]
    is_plain: bool,
    #[diesel(sql_type = Bool)]
    has_tenant: bool,
    #[diesel(sql_type = Bool)]
    serves_all_rows: bool,
    #[diesel(sql_type = Bool)]
    is_clustered: bool,
    #[diesel(sql_type = Text)]
    head: String,
    #[diesel(sql_type = Text)]
    rest: String,
    #[diesel(sql_type = Text)]
    tail: String,
    #[diesel(sql_type = Nullable<Text>)]
    tablespace: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    constraint_comment: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    index_comment: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    obstacle: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    dependents: Vec<String>,
}

impl UniqueKeyRow {
    pub(super) fn into_key(self) -> Result<UniqueKey, CatalogError> {
        let above = self.above_schema.zip(self.above);
        Ok(UniqueKey {
            table: table_name(self.schema, self.table_name)?,
            name: Identifier::new(self.name)?,
            above: above.map(|(schema, name)| table_name(schema, name)).transpose()?,
            form: if self.is_constraint { KeyForm::Constraint } else { KeyForm::Index },
            columns: identifiers(self.columns)?,
            is_plain: self.is_plain,
            has_tenant: self.has_tenant,
            serves_all_rows: self.serves_all_rows,
            is_clustered: self.is_clustered,
            head: Deparsed::from_catalog(self.head),
            rest: Deparsed::from_catalog(self.rest),
            tail: Deparsed::from_catalog(self.tail),
            tablespace: self.tablespace.map(Identifier::new).transpose()?,
            constraint_comment: self.constraint_comment,
            index_comment: self.index_comment,
            obstacle: self.obstacle.as_deref().map(UniqueKeyObstacle::from_catalog),
            dependents: self.dependents,
        })
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct ForeignKeyRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    referenced_schema: String,
    #[diesel(sql_type = Text)]
    referenced_name: String,
    #[diesel(sql_type = Text)]
    referenced_tenant: String,
    #[diesel(sql_type = Text)]
    referenced_key: String,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    referenced_columns: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_name_set: bool,
    #[diesel(sql_type = Array<Text>)]
    set_columns: Vec<String>,
    #[diesel(sql_type = Text)]
    on_update: String,
    #[diesel(sql_type = Text)]
    on_delete: String,
    #[diesel(sql_type = Bool)]
    is_match_full: bool,
    #[diesel(sql_type = Bool)]
    allows_null: bool,
    #[diesel(sql_type = Text)]
    tail: String,
    #[diesel(sql_type = Text)]
    definition: String,
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    obstacle: Option<String>,
}

impl ForeignKeyRow {
    pub(super) fn into_key(self) -> Result<ForeignKey, CatalogError> {
        Ok(ForeignKey {
            table: table_name(self.schema, self.table_name)?,
            name: Identifier::new(self.name)?,
            references: table_name(self.referenced_schema.clone(), self.referenced_name)?,
            referenced_tenant: Identifier::new(self.referenced_tenant)?,
            // An index is in the schema of its table.
            referenced_key: table_name(self.referenced_schema, self.referenced_key)?,
            columns: identifiers(self.columns)?,
            referenced_columns: identifiers(self.referenced_columns)?,
            on_update: Action::from_catalog(&self.on_update),
            on_delete: Action::from_catalog(&self.on_delete),
            set_columns: identifiers(self.set_columns)?,
            may_name_set: self.may_name_set,
            is_match_full: self.is_match_full,
            allows_null: self.allows_null,
            tail: Deparsed::from_catalog(self.tail),
            definition: Deparsed::from_catalog(self.definition),
            comment: self.comment,
            obstacle: self.obstacle.as_deref().map(ForeignKeyObstacle::from_catalog),
        })
    }
}

/// In order.
fn identifiers(names: Vec<String>) -> Result<Vec<Identifier>, IdentifierError> {
    names.into_iter().map(Identifier::new).collect()
}
