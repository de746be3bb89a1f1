//! Reads from a live database what the registered tables are compared with.

#![allow(clippy::disallowed_methods, reason = "reads the catalog on a connection without scope")]

use std::collections::{BTreeMap, BTreeSet};

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::catalog::{
    self, Catalog, Column, Database, Grant, Key, Kind, Policy, Relation, Schema, Sequence,
};
use tenants_core::ddl::grants::{GrantOption, Grantee, Privilege};
use tenants_core::signature::Signing;
use tenants_core::{
    Deparsed, Identifier, IdentifierError, Registry, Roles, Table, TableName, Tenancy,
};
use thiserror::Error;

/// Why the catalog could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A query failed.
    #[error("the catalog could not be read")]
    Database(#[from] DieselError),
    /// The server has a name that it should not be able to have.
    #[error("the catalog holds a name that is none")]
    Name(#[from] IdentifierError),
}

/// Reads what `registry` is compared with by a [`Plan`](tenants_core::plan::Plan), all of it as of
/// the same moment.
///
/// # Executed SQL
///
/// A `READ ONLY` transaction of the queries in [`tenants_core::catalog`], which read `pg_catalog`
/// alone.
///
/// # Errors
///
/// [`CatalogError`].
pub async fn read(
    conn: &mut AsyncPgConnection,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CatalogError> {
    let wanted = Wanted::new(registry, roles);
    let wanted = &wanted;
    let rows = conn
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run::<_, DieselError, _>(async move |conn| wanted.load(conn).await)
        .await?;
    rows.into_catalog()
}

/// The same inside of a transaction that is open, whose `search_path` it sets.
#[cfg(feature = "cli")]
pub(crate) async fn read_within(
    conn: &mut AsyncPgConnection,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CatalogError> {
    let wanted = &Wanted::new(registry, roles);
    wanted.load(conn).await?.into_catalog()
}

/// The parameters of the queries.
struct Wanted {
    schemas: Vec<String>,
    names: Vec<String>,
    columns: Vec<Option<String>>,
    app: String,
    admin: String,
}

impl Wanted {
    fn new(registry: &Registry, roles: &Roles) -> Self {
        let all = |text: fn(&Table) -> &Identifier| {
            registry.tables().map(|table| text(table).as_str().to_owned()).collect()
        };
        let column = |table: &Table| match &table.tenancy {
            Tenancy::PerTenant { column, .. } => Some(column.as_str().to_owned()),
            _ => None,
        };
        Self {
            schemas: all(|table| table.name.schema()),
            names: all(|table| table.name.name()),
            columns: registry.tables().map(column).collect(),
            app: roles.app.as_str().to_owned(),
            admin: roles.admin.as_str().to_owned(),
        }
    }

    async fn load(&self, conn: &mut AsyncPgConnection) -> Result<Rows, DieselError> {
        conn.batch_execute(catalog::SEARCH_PATH).await?;
        let database = diesel::sql_query(catalog::DATABASE)
            .bind::<Text, _>(&self.app)
            .bind::<Text, _>(&self.admin);
        let schemas = diesel::sql_query(catalog::SCHEMAS)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Text, _>(&self.app)
            .bind::<Text, _>(&self.admin);
        let relations = diesel::sql_query(catalog::RELATIONS)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Array<Text>, _>(&self.names)
            .bind::<Array<Nullable<Text>>, _>(&self.columns)
            .bind::<Text, _>(&self.app)
            .bind::<Text, _>(&self.admin);
        let policies = diesel::sql_query(catalog::POLICIES)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Array<Text>, _>(&self.names);
        let sequences = diesel::sql_query(catalog::SEQUENCES)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Array<Text>, _>(&self.names)
            .bind::<Text, _>(&self.app)
            .bind::<Text, _>(&self.admin);
        let grants = diesel::sql_query(catalog::GRANTS)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Array<Text>, _>(&self.names)
            .bind::<Text, _>(&self.app);
        let keys = diesel::sql_query(catalog::KEYS)
            .bind::<Array<Text>, _>(&self.schemas)
            .bind::<Array<Text>, _>(&self.names)
            .bind::<Array<Nullable<Text>>, _>(&self.columns);
        Ok(Rows {
            database: database.get_result(conn).await?,
            schemas: schemas.load(conn).await?,
            relations: relations.load(conn).await?,
            policies: policies.load(conn).await?,
            sequences: sequences.load(conn).await?,
            grants: grants.load(conn).await?,
            keys: keys.load(conn).await?,
        })
    }
}

struct Rows {
    database: DatabaseRow,
    schemas: Vec<SchemaRow>,
    relations: Vec<RelationRow>,
    policies: Vec<PolicyRow>,
    sequences: Vec<SequenceRow>,
    grants: Vec<GrantRow>,
    keys: Vec<KeyRow>,
}

impl Rows {
    fn into_catalog(self) -> Result<Catalog, CatalogError> {
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
        Ok(Catalog { database, schemas: schemas.collect::<Result<_, _>>()?, relations })
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct DatabaseRow {
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
struct SchemaRow {
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
struct RelationRow {
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
            tenant_column: self.column.into_column(),
            app_privileges: privileges(&self.app_privileges),
            admin_privileges: privileges(&self.admin_privileges),
            policies: Vec::new(),
            sequences: Vec::new(),
            grants: Vec::new(),
            keys: Vec::new(),
        };
        Ok((name, relation))
    }
}

/// All NULL where there is no such column.
#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct ColumnRow {
    #[diesel(sql_type = Nullable<Text>)]
    column_quoted_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    column_type_name: Option<String>,
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
}

impl ColumnRow {
    fn into_column(self) -> Option<Column> {
        Some(Column {
            quoted_name: self.column_quoted_name?,
            type_name: self.column_type_name?,
            is_ambiguous: self.column_is_ambiguous,
            is_generated: self.column_is_generated?,
            not_null: self.column_not_null?,
            default: self.column_default.map(Deparsed::from_catalog),
            leads_index: self.column_leads_index,
        })
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct PolicyRow {
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
struct SequenceRow {
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
}

impl SequenceRow {
    fn into_sequence(self) -> Result<(TableName, Sequence), CatalogError> {
        let sequence = Sequence {
            name: table_name(self.schema, self.name)?,
            app_usage: self.app_usage,
            admin_usage: self.admin_usage,
        };
        Ok((table_name(self.table_schema, self.table_name)?, sequence))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct GrantRow {
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
    /// No grant, if a later PostgreSQL has a right that is not known yet.
    fn into_grant(self) -> Result<(TableName, Option<Grant>), CatalogError> {
        let table = table_name(self.table_schema, self.table_name)?;
        let privilege = privileges(std::slice::from_ref(&self.privilege)).pop_first();
        let Some(privilege) = privilege else { return Ok((table, None)) };
        let grantee = match self.grantee {
            Some(role) => Grantee::Role(Identifier::new(role)?),
            None => Grantee::Public,
        };
        let option = if self.is_grantable { GrantOption::With } else { GrantOption::Without };
        let column = self.column_name.map(Identifier::new).transpose()?;
        Ok((table, Some(Grant { grantee, privilege, column, option })))
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct KeyRow {
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

fn table_name(schema: String, name: String) -> Result<TableName, IdentifierError> {
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
