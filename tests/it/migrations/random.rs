//! Random schemas: the generated migration keeps two tenants apart, and is taken back without a trace.

use std::collections::BTreeMap;

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::RunQueryDsl;
use proptest::prelude::*;
use tenants_core::{Declaration, Identifier, Keys, Table, TableName, Tenancy, TenantType};
use tenants_diesel::{Admission, Registry, TenantId, TenantPool};
use tokio::runtime::{Builder, Runtime};

use super::golden::plan;
use super::scratch::Scratch;
use crate::model::chance::Chance;
use crate::quoting::for_all;

const CASES: u32 = 10;
/// Statements of both tenants together, for one schema.
const STATEMENTS: usize = 60;
/// Schemas that once showed something, by seed.
const NAMED: [u64; 2] = [0, 20_261_127];

const NAMES: [&str; 10] = [
    "posts",
    "Quarter \"Report\"",
    "select",
    "täble",
    " a b ",
    "%s",
    "$1",
    "tenant_",
    "a.b",
    "a_name_that_has_nearly_all_of_the_bytes_that_a_name_can_have_x",
];
const COLUMNS: [&str; 6] = ["tenant", "Customer Id", "user", "\"q\"", "mandant_ä", "select"];

/// A table with rows of tenants: `id`, `value` and, if it has a parent, `ref`.
#[derive(Debug, Clone)]
struct Random {
    name: TableName,
    column: Identifier,
    /// As `CREATE TABLE` has it.
    type_name: &'static str,
    key: &'static str,
    parent: Option<usize>,
}

type Rows = BTreeMap<i64, (String, Option<i64>)>;

/// Tables, and two tenants whose ids fit all of them.
struct Schema {
    tables: Vec<Random>,
    tenants: [TenantId; 2],
    /// What the migration makes of the keys; to be composed, they leave the tenant out at first.
    keys: Keys,
}

impl Schema {
    fn random(chance: &mut Chance) -> Self {
        let (types, tenants): (&[_], _) = if chance.once_in(2) {
            (&["text", "varchar(40)", "integer", "bigint"], [TenantId::from(7), TenantId::from(77)])
        } else {
            let ids = [1, 16].map(|id| TenantId::from(uuid::Uuid::from_u128(id)));
            (&["text", "varchar", "uuid"], ids)
        };
        let mut tables: Vec<Random> = Vec::new();
        for number in 0..=chance.below(6) {
            let schema = chance.one_of(&["public", "Other \"Schema\""]);
            let name = format!("{}{number}", chance.one_of(&NAMES));
            let type_name = chance.one_of(types);
            let parents: Vec<usize> =
                (0..tables.len()).filter(|at| tables[*at].type_name == type_name).collect();
            tables.push(Random {
                name: TableName::new(
                    Some(Identifier::new(schema).unwrap()),
                    Identifier::new(name).unwrap(),
                ),
                column: Identifier::new(chance.one_of(&COLUMNS)).unwrap(),
                type_name,
                key: chance.one_of(&[
                    "PRIMARY KEY ({column}, id)",
                    "PRIMARY KEY (id, {column})",
                    "UNIQUE ({column}, id)",
                ]),
                parent: (!parents.is_empty() && !chance.once_in(3))
                    .then(|| chance.one_of(&parents)),
            });
        }
        let keys = if chance.once_in(2) { Keys::Composite } else { Keys::AsTheyAre };
        Self { tables, tenants, keys }
    }

    fn create(&self) -> String {
        let create = self.tables.iter().map(|table| {
            let Random { name, column, type_name, .. } = table;
            let is_loose = self.keys == Keys::Composite;
            let key = match is_loose {
                true => table.key.replace("{column}, ", "").replace(", {column}", ""),
                false => table.key.replace("{column}", &column.to_string()),
            };
            let reference = table.parent.map_or(String::new(), |parent| {
                let Random { name, column: theirs, .. } = &self.tables[parent];
                match is_loose {
                    true => format!(", FOREIGN KEY (ref) REFERENCES {name} (id)"),
                    false => format!(", FOREIGN KEY ({column}, ref) REFERENCES {name} ({theirs}, id)"),
                }
            });
            format!(
                "CREATE TABLE {name} (id bigint NOT NULL, {column} {type_name} NOT NULL, value text NOT NULL, \
                 ref bigint, {key}{reference});"
            )
        });
        create.collect()
    }

    fn drop(&self) -> String {
        self.tables.iter().rev().map(|table| format!("DROP TABLE {};", table.name)).collect()
    }

    fn registry(&self) -> Registry {
        let tables = self.tables.iter().map(|table| {
            let column_type = match table.type_name {
                "integer" => TenantType::Int4,
                "bigint" => TenantType::Int8,
                "uuid" => TenantType::Uuid,
                _ => TenantType::Text,
            };
            let id = Identifier::new("id").unwrap();
            Table {
                name: table.name.clone(),
                tenancy: Tenancy::PerTenant { column: table.column.clone(), column_type },
                primary_key: vec![table.column.clone(), id.clone()],
                columns: vec![id, table.column.clone()],
                declarations: vec![Declaration { name: "Random", file: file!(), line: line!() }],
                keys: self.keys,
                parent: None,
            }
        });
        Registry::new(tables).unwrap()
    }
}

/// A statement on one table; none names a tenant.
#[derive(Debug)]
enum Statement {
    Insert(i64, String, Option<i64>),
    Update(i64, String),
    Delete(i64),
}

impl Statement {
    fn random(chance: &mut Chance, table: &Random) -> Self {
        let mut id = || i64::try_from(chance.below(5)).unwrap();
        let (this, other) = (id(), id());
        let value = format!("{:x}", chance.below(1 << 32));
        match chance.below(4) {
            0 | 1 => {
                let reference = table.parent.filter(|_| !chance.once_in(3)).map(|_| other);
                Self::Insert(this, value, reference)
            }
            2 => Self::Update(this, value),
            _ => Self::Delete(this),
        }
    }

    fn sql(&self, table: &TableName) -> String {
        match self {
            Self::Insert(id, value, reference) => {
                let reference = reference.map_or("NULL".to_owned(), |id| id.to_string());
                format!(
                    "INSERT INTO {table} (id, value, ref) VALUES ({id}, '{value}', {reference})"
                )
            }
            Self::Update(end, value) => {
                format!("UPDATE {table} SET value = '{value}' WHERE id < {end}")
            }
            Self::Delete(id) => format!("DELETE FROM {table} WHERE id = {id}"),
        }
    }

    /// What it does to one tenant's rows of all tables, and to how many; `None` if a key forbids it.
    fn apply(&self, schema: &Schema, rows: &mut [Rows], at: usize) -> Option<usize> {
        match self {
            Self::Insert(id, value, reference) => {
                let parent = schema.tables[at].parent.zip(*reference);
                let is_orphan =
                    parent.is_some_and(|(parent, row)| !rows[parent].contains_key(&row));
                if rows[at].contains_key(id) || is_orphan {
                    return None;
                }
                rows[at].insert(*id, (value.clone(), *reference));
                Some(1)
            }
            Self::Update(end, value) => {
                let below = rows[at].range_mut(..*end);
                Some(below.map(|(_, row)| row.0.clone_from(value)).count())
            }
            Self::Delete(id) => {
                let is_parent = (0..rows.len()).any(|child| {
                    schema.tables[child].parent == Some(at)
                        && rows[child].values().any(|row| row.1 == Some(*id))
                });
                if is_parent && rows[at].contains_key(id) {
                    return None;
                }
                Some(usize::from(rows[at].remove(id).is_some()))
            }
        }
    }
}

fn is_key_error(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::ForeignKeyViolation,
            _
        )
    )
}

/// Does random statements of both tenants; the first difference from the oracle.
async fn work(
    scratch: &Scratch,
    schema: &Schema,
    pool: &TenantPool,
    chance: &mut Chance,
) -> Result<(), String> {
    let mut rows = [vec![Rows::new(); schema.tables.len()], vec![Rows::new(); schema.tables.len()]];
    for _ in 0..STATEMENTS {
        let (who, at) = (chance.below(2), chance.below(schema.tables.len() as u64));
        let (who, at) = (usize::try_from(who).unwrap(), usize::try_from(at).unwrap());
        let (tenant, table) = (&schema.tenants[who], &schema.tables[at]);
        let statement = Statement::random(chance, table);
        let query = diesel::sql_query(statement.sql(&table.name));
        let written: QueryResult<usize> = if chance.once_in(2) {
            pool.transaction(tenant, async |conn| query.execute(conn).await).await
        } else {
            query.execute(&mut pool.get(tenant).await.unwrap()).await
        };
        match (written, statement.apply(schema, &mut rows[who], at)) {
            (Ok(written), Some(expected)) if written == expected => {}
            (Err(error), None) if is_key_error(&error) => {}
            other => return Err(format!("{statement:?} on {table:?}: {other:?}")),
        }
    }
    for (at, table) in schema.tables.iter().enumerate() {
        for (tenant, rows) in schema.tenants.iter().zip(&rows) {
            let all = format!(
                "SELECT id || ':' || value || ':' || coalesce(ref::text, '') AS row FROM {} ORDER BY id",
                table.name
            );
            let seen =
                pool.read(tenant, async |conn| diesel::sql_query(all).load::<Row>(conn).await);
            let seen: Vec<_> = seen.await.unwrap().into_iter().map(|row| row.row).collect();
            let expected: Vec<_> = rows[at].iter().map(line).collect();
            if seen != expected {
                return Err(format!("{table:?}: seen {seen:?}, expected {expected:?}"));
            }
        }
        // Neither is what they see all that there is.
        let count = format!("SELECT count(*) FROM {}", table.name);
        let stored = scratch.values("support", &count);
        let expected: usize = rows.iter().map(|rows| rows[at].len()).sum();
        if stored.await != Ok(vec![expected.to_string()]) {
            return Err(format!("{table:?} does not hold {expected} rows"));
        }
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    row: String,
}

fn line((id, (value, reference)): (&i64, &(String, Option<i64>))) -> String {
    format!("{id}:{value}:{}", reference.map_or(String::new(), |id| id.to_string()))
}

/// The lines in which two snapshots differ.
fn same(what: &str, after: &str, expected: &str) -> Result<(), String> {
    let without = |this: &str, other: &str| {
        let lines = this.lines().filter(|line| !other.lines().any(|other| other == *line));
        lines.collect::<Vec<_>>().join("\n")
    };
    if after == expected {
        return Ok(());
    }
    let (more, less) = (without(after, expected), without(expected, after));
    Err(format!("{what}\n{more}\ninstead of\n{less}"))
}

struct Stage {
    runtime: Runtime,
    scratch: Scratch,
}

impl Stage {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let scratch = runtime.block_on(async {
            let scratch = Scratch::new().await;
            scratch.set_up(&[]);
            scratch.run("owner", "CREATE SCHEMA \"Other \"\"Schema\"\"\"").await;
            // Sees all rows, to count them.
            let support = format!("ALTER ROLE {} BYPASSRLS", scratch.role("support"));
            scratch.superuser(&support).await;
            let usage = "GRANT USAGE ON SCHEMA \"Other \"\"Schema\"\"\" TO";
            scratch.run("owner", &format!("{usage} {}", scratch.role("support"))).await;
            // Pools refuse what PostgreSQL 14 has from the start.
            scratch.superuser_here("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
            let owner = format!("GRANT CREATE ON SCHEMA public TO {}", scratch.role("owner"));
            scratch.superuser_here(&owner).await;
            scratch
        });
        Self { runtime, scratch }
    }

    /// Protects a random schema, works in it, and takes the protection back.
    async fn work(&self, seed: u64, sabotage: bool) -> Result<(), String> {
        let scratch = &self.scratch;
        let mut chance = Chance::new(seed);
        let schema = Schema::random(&mut chance);
        let empty = scratch.snapshot().await;
        scratch.run("owner", &schema.create()).await;
        let grant = format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public, \"Other \"\"Schema\"\"\" TO {}",
            scratch.role("support")
        );
        scratch.run("owner", &grant).await;
        let before = scratch.snapshot().await;
        let plan = plan(scratch, &schema.registry()).await;
        scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
        let protected = scratch.snapshot().await;
        let again = super::golden::plan(scratch, &schema.registry()).await;
        if !again.is_empty() || plan.hardening.is_empty() != (schema.keys == Keys::AsTheyAre) {
            return Err(format!("{}\nleaves\n{}", plan.up_sql(), again.up_sql()));
        }
        let pool = TenantPool::builder(scratch.url("login")).roles(scratch.roles());
        let pool = pool.registry(schema.registry()).admission(Admission::Off).max_size(1);
        let pool = pool.build().await.unwrap();
        if sabotage {
            for table in &schema.tables {
                let off = "DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY";
                scratch.run("owner", &format!("ALTER TABLE {} {off}", table.name)).await;
            }
        }
        let worked = work(scratch, &schema, &pool, &mut chance).await;
        if !sabotage {
            // Two tenants may have the same id by now, which the keys of before would refuse.
            let names: Vec<_> = schema.tables.iter().map(|it| it.name.to_string()).collect();
            scratch.run("owner", &format!("TRUNCATE {}", names.join(", "))).await;
            scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.down_sql())).await;
            same("down.sql leaves", &scratch.snapshot().await, &before)?;
        }
        scratch.run("owner", &schema.drop()).await;
        if !sabotage {
            // The same as part of the migration that makes the tables.
            let up = plan.complete_up(&schema.create());
            scratch.run("owner", &format!("BEGIN; {up} COMMIT; {grant}")).await;
            same("a completed up.sql makes", &scratch.snapshot().await, &protected)?;
            let down = plan.complete_down(&schema.drop());
            scratch.run("owner", &format!("BEGIN; {down} COMMIT")).await;
            same("a completed down.sql leaves", &scratch.snapshot().await, &empty)?;
        }
        worked
    }
}

#[test]
fn any_schema_is_protected_and_restored() {
    let stage = Stage::new();
    for_all(CASES, &any::<u64>(), NAMED, |seed| {
        let worked = stage.runtime.block_on(stage.work(seed, false));
        worked.map_err(TestCaseError::fail)
    });
}

/// The oracle notices tables that lost their policies.
#[test]
fn without_policies_the_oracle_finds_a_difference() {
    let stage = Stage::new();
    for seed in NAMED {
        let found = stage.runtime.block_on(stage.work(seed, true));
        assert!(found.is_err(), "seed {seed}");
    }
}
