//! The rows of the queries, and the [`Catalog`] that they make.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use tenants_core::catalog::{
    Catalog, Column, Database, Function, Grant, Key, Kind, Made, Policy, Relation, Schema,
    Sequence, Untagged, View,
};
use tenants_core::ddl::grants::{GrantOption, Grantee, Privilege};
use tenants_core::signature::Signing;
use tenants_core::{Deparsed, Identifier, IdentifierError, TableName};

use super::CatalogError;
use super::keys::{ForeignKeyRow, UniqueKeyRow};

/// The answers to all queries.
pub(crate) struct Rows {
    pub(crate) database: DatabaseRow,
    pub(crate) schemas: Vec<SchemaRow>,
    pub(crate) relations: Vec<RelationRow>,
    pub(crate) policies: Vec<PolicyRow>,
    pub(crate) sequences: Vec<SequenceRow>,
    pub(crate) grants: Vec<GrantRow>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) views: Vec<ViewRow>,
    pub(crate) untagged: Vec<UntaggedRow>,
    pub(crate) functions: Vec<FunctionRow>,
    pub(crate) unique_keys: Vec<UniqueKeyRow>,
    pub(crate) foreign_keys: Vec<ForeignKeyRow>,
}

impl Rows {
    pub(crate) fn into_catalog(self) -> Result<Catalog, CatalogError> {
        let DatabaseRow { is_installed, has_app, has_admin, app_verifies, is_signed } =
            self.database;
        let signing = if is_signed { Signing::On } else { Signing::Off };
        let database = Database { is_installed, has_app, has_admin, app_verifies, signing };
        let schemas = self.schemas.into_iter().map(SchemaRow::into_schema);
        let relations = self.relations.into_iter().map(RelationRow::into_relation);
        let mut relations = relations.collect::<Result<BTreeMap<_, _>, _>>()?;
        for row in self.policies {
            let (table, policy) = row.into_policy()?;
            if let Some(relation) = relations.get_mut(&table) {
                relation.policies.push(policy);
            }
        }
        for row in self.sequences {
            let (table, sequence) = row.into_sequence()?;
            if let Some(relation) = relations.get_mut(&table) {
                relation.sequences.push(sequence);
            }
        }
        for row in self.grants {
            let (table, grant) = row.into_grant()?;
            if let Some(relation) = relations.get_mut(&table) {
                relation.grants.extend(grant);
            }
        }
        for row in self.keys {
            let (table, key) = row.into_key()?;
            if let Some(relation) = relations.get_mut(&table) {
                relation.keys.push(key);
            }
        }
        for row in self.views {
            let (table, view) = row.into_view()?;
            if let Some(relation) = relations.get_mut(&table) {
                relation.views.push(view);
            }
        }
        let unique_keys = self.unique_keys.into_iter().map(UniqueKeyRow::into_key);
        let foreign_keys = self.foreign_keys.into_iter().map(ForeignKeyRow::into_key);
        Ok(Catalog {
            database,
            schemas: schemas.collect::<Result<_, _>>()?,
            relations,
            untagged: untagged(self.untagged)?,
            functions: self.functions.into_iter().map(FunctionRow::into_function).collect(),
            unique_keys: unique_keys.collect::<Result<_, _>>()?,
            foreign_keys: foreign_keys.collect::<Result<_, _>>()?,
        })
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct DatabaseRow {
    #[diesel(sql_type = Bool)]
    is_installed: bool,
    #[diesel(sql_type = Bool)]
    has_app: bool,
    #[diesel(sql_type = Bool)]
    has_admin: bool,
    #[diesel(sql_type = Bool)]
    app_verifies: bool,
    #[diesel(sql_type = Bool)]
    is_signed: bool,
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct SchemaRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    app_usage: bool,
    #[diesel(sql_type = Bool)]
    admin_usage: bool,
    #[diesel(sql_type = Array<Text>)]
    relation_names: Vec<String>,
}

impl SchemaRow {
    fn into_schema(self) -> Result<(Identifier, Schema), CatalogError> {
        let schema = Schema {
            app_usage: self.app_usage,
            admin_usage: self.admin_usage,
            relation_names: identifiers(self.relation_names)?,
        };
        Ok((Identifier::new(self.name)?, schema))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct RelationRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    root_schema: String,
    #[diesel(sql_type = Text)]
    root_name: String,
    #[diesel(sql_type = Array<Text>)]
    ancestor_schemas: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    ancestor_names: Vec<String>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    row_security: bool,
    #[diesel(sql_type = Bool)]
    force_row_security: bool,
    #[diesel(sql_type = Bool)]
    is_owned_by_app: bool,
    #[diesel(embed)]
    column: ColumnRow,
    #[diesel(sql_type = Array<Text>)]
    app_privileges: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    admin_privileges: Vec<String>,
}

impl RelationRow {
    fn into_relation(self) -> Result<(TableName, Relation), CatalogError> {
        let name = table_name(self.schema, self.name)?;
        let ancestors = self.ancestor_schemas.into_iter().zip(self.ancestor_names);
        let ancestors = ancestors.map(|(schema, name)| table_name(schema, name));
        let relation = Relation {
            name: name.clone(),
            root: table_name(self.root_schema, self.root_name)?,
            ancestors: ancestors.collect::<Result<_, _>>()?,
            kind: Kind::from_relkind(&self.kind),
            row_security: self.row_security,
            force_row_security: self.force_row_security,
            is_owned_by_app: self.is_owned_by_app,
            tenant_column: self.column.into_column()?,
            app_privileges: privileges(&self.app_privileges),
            admin_privileges: privileges(&self.admin_privileges),
            policies: Vec::new(),
            sequences: Vec::new(),
            grants: Vec::new(),
            keys: Vec::new(),
            views: Vec::new(),
        };
        Ok((name, relation))
    }
}

/// All NULL where there is no such column.
#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct ColumnRow {
    #[diesel(sql_type = Nullable<Text>)]
    column_quoted_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    column_type_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    column_full_type: Option<String>,
    #[diesel(sql_type = Bool)]
    column_is_ambiguous: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    column_is_generated: Option<bool>,
    #[diesel(sql_type = Nullable<Bool>)]
    column_not_null: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    column_default: Option<String>,
    #[diesel(sql_type = Bool)]
    column_leads_index: bool,
    #[diesel(sql_type = Array<Text>)]
    column_index_names: Vec<String>,
    #[diesel(sql_type = Array<Bool>)]
    column_indexes_are_valid: Vec<bool>,
    #[diesel(sql_type = Array<Text>)]
    column_check_names: Vec<String>,
    #[diesel(sql_type = Array<Bool>)]
    column_checks_are_valid: Vec<bool>,
}

impl ColumnRow {
    fn into_column(self) -> Result<Option<Column>, CatalogError> {
        let indexes = made(self.column_index_names, self.column_indexes_are_valid)?;
        let checks = made(self.column_check_names, self.column_checks_are_valid)?;
        let column = || {
            Some(Column {
                quoted_name: self.column_quoted_name?,
                type_name: self.column_type_name?,
                full_type: Deparsed::from_catalog(self.column_full_type?),
                is_ambiguous: self.column_is_ambiguous,
                is_generated: self.column_is_generated?,
                not_null: self.column_not_null?,
                default: self.column_default.map(Deparsed::from_catalog),
                leads_index: self.column_leads_index,
                indexes,
                checks,
            })
        };
        Ok(column())
    }
}

fn made(names: Vec<String>, are_valid: Vec<bool>) -> Result<Vec<Made>, CatalogError> {
    let made = |(name, is_valid)| Ok(Made { name: Identifier::new(name)?, is_valid });
    names.into_iter().zip(are_valid).map(made).collect()
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct PolicyRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_permissive: bool,
    #[diesel(sql_type = Text)]
    command: String,
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    using_expression: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    check_expression: Option<String>,
}

impl PolicyRow {
    fn into_policy(self) -> Result<(TableName, Policy), CatalogError> {
        let policy = Policy {
            name: Identifier::new(self.name)?,
            is_permissive: self.is_permissive,
            command: self.command,
            roles: identifiers(self.roles)?,
            using: self.using_expression.map(Deparsed::from_catalog),
            check: self.check_expression.map(Deparsed::from_catalog),
        };
        Ok((table_name(self.table_schema, self.table_name)?, policy))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct SequenceRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    app_usage: bool,
    #[diesel(sql_type = Bool)]
    admin_usage: bool,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    grantees: Vec<Option<String>>,
    #[diesel(sql_type = Array<Text>)]
    privileges: Vec<String>,
    #[diesel(sql_type = Array<Bool>)]
    grantable: Vec<bool>,
}

impl SequenceRow {
    fn into_sequence(self) -> Result<(TableName, Sequence), CatalogError> {
        let grants = self.grantees.into_iter().zip(self.privileges).zip(self.grantable);
        let grants = grants.map(|((grantee, privilege), is_grantable)| {
            grant(grantee, &privilege, None, is_grantable)
        });
        let grants = grants.collect::<Result<Vec<_>, _>>()?;
        let sequence = Sequence {
            name: table_name(self.schema, self.name)?,
            app_usage: self.app_usage,
            admin_usage: self.admin_usage,
            grants: grants.into_iter().flatten().collect(),
        };
        Ok((table_name(self.table_schema, self.table_name)?, sequence))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct GrantRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    grantee: Option<String>,
    #[diesel(sql_type = Text)]
    privilege: String,
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
    #[diesel(sql_type = Bool)]
    is_grantable: bool,
}

impl GrantRow {
    fn into_grant(self) -> Result<(TableName, Option<Grant>), CatalogError> {
        let table = table_name(self.table_schema, self.table_name)?;
        let column = self.column_name.map(Identifier::new).transpose()?;
        Ok((table, grant(self.grantee, &self.privilege, column, self.is_grantable)?))
    }
}

/// A right of a role, or of `PUBLIC`. None, if a later PostgreSQL has one that is not known yet.
fn grant(
    grantee: Option<String>,
    privilege: &str,
    column: Option<Identifier>,
    is_grantable: bool,
) -> Result<Option<Grant>, CatalogError> {
    let known = Privilege::KNOWN.into_iter().find(|known| known.as_str() == privilege);
    let Some(privilege) = known else { return Ok(None) };
    let grantee = match grantee {
        Some(role) => Grantee::Role(Identifier::new(role)?),
        None => Grantee::Public,
    };
    let option = if is_grantable { GrantOption::With } else { GrantOption::Without };
    Ok(Some(Grant { grantee, privilege, column, option }))
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct KeyRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    referenced_schema: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    referenced_name: Option<String>,
}

impl KeyRow {
    fn into_key(self) -> Result<(TableName, Key), CatalogError> {
        let references = self.referenced_schema.zip(self.referenced_name);
        let references = references.map(|(schema, name)| table_name(schema, name)).transpose()?;
        let key = Key { name: Identifier::new(self.name)?, references };
        Ok((table_name(self.table_schema, self.table_name)?, key))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct ViewRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    view_schema: String,
    #[diesel(sql_type = Text)]
    view_name: String,
    #[diesel(sql_type = Bool)]
    is_explicit: bool,
}

impl ViewRow {
    fn into_view(self) -> Result<(TableName, View), CatalogError> {
        let name = table_name(self.view_schema, self.view_name)?;
        let view = View { name, is_explicit: self.is_explicit };
        Ok((table_name(self.table_schema, self.table_name)?, view))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct UntaggedRow {
    #[diesel(sql_type = Text)]
    table_schema: String,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    grantee: Option<String>,
    /// None, if there are no policies.
    #[diesel(sql_type = Nullable<Text>)]
    privilege: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    is_grantable: Option<bool>,
}

/// The tables of all rows; those of one stand together.
fn untagged(rows: Vec<UntaggedRow>) -> Result<Vec<Untagged>, CatalogError> {
    let mut tables: Vec<Untagged> = Vec::new();
    for row in rows {
        let name = table_name(row.table_schema, row.table_name)?;
        let is_protected = row.privilege.is_some();
        let column = row.column_name.map(Identifier::new).transpose()?;
        let is_grantable = row.is_grantable.unwrap_or_default();
        let right = match row.privilege {
            Some(privilege) => grant(row.grantee, &privilege, column, is_grantable)?,
            None => None,
        };
        match tables.last_mut().filter(|last| last.name == name) {
            Some(last) => last.grants.extend(right),
            None => {
                tables.push(Untagged { name, is_protected, grants: right.into_iter().collect() })
            }
        }
    }
    Ok(tables)
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct FunctionRow {
    #[diesel(sql_type = Text)]
    signature: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

impl FunctionRow {
    pub(crate) fn into_function(self) -> Function {
        let definition = Deparsed::from_catalog(self.definition.trim_end().to_owned());
        Function { signature: self.signature, definition }
    }
}

pub(super) fn table_name(schema: String, name: String) -> Result<TableName, IdentifierError> {
    Ok(TableName::new(Some(Identifier::new(schema)?), Identifier::new(name)?))
}

fn identifiers(names: Vec<String>) -> Result<BTreeSet<Identifier>, IdentifierError> {
    names.into_iter().map(Identifier::new).collect()
}

/// The rights that a plan knows; others are none of its business.
fn privileges(names: &[String]) -> BTreeSet<Privilege> {
    let is_granted = |privilege: &Privilege| names.iter().any(|name| name == privilege.as_str());
    Privilege::KNOWN.into_iter().filter(is_granted).collect()
}
