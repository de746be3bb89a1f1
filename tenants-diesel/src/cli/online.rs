//! `tenants migration generate --online`.

use std::fmt::Write;

use tenants_core::plan::{Enforcement, Migration, Series};
use tenants_core::{Registry, TableName};

use super::args::GenerateArgs;
use super::diesel_toml::Surroundings;
use super::generate::{GenerateError, NOTHING, notes, read};
use super::migration_dir::{self, Files, MigrationName};
use super::runtime::block_on;

pub(super) fn run(
    args: &GenerateArgs,
    name: &MigrationName,
    registry: &Registry,
) -> Result<String, GenerateError> {
    let directory = Surroundings::of_process(args.migration_dir.clone())?.migrations_directory()?;
    let (catalog, signing) = block_on(read(args, registry)).map_err(GenerateError::Runtime)??;
    let roles = args.roles.to_roles();
    let series = match args.enforcement() {
        Enforcement::Enforce => Series::new(registry, &catalog, &roles, signing),
        Enforcement::Observe => Series::observing(registry, &catalog, &roles),
    };
    let series = series.map_err(GenerateError::Refused)?;
    if series.migrations.is_empty() {
        return Ok(notes(&series.notes) + NOTHING);
    }
    let files = |migration| files(migration, name);
    let files: Vec<_> = series.migrations.iter().map(files).collect();
    let mut report = String::new();
    for path in migration_dir::write_series(&directory, chrono::Utc::now(), &files)? {
        let _ = writeln!(report, "Creating {}", path.display());
    }
    report.push_str(&notes(&series.notes));
    report.push_str(
        "Read them, then apply them with `diesel migration run`, which goes on where it stopped when it is run again.\n",
    );
    Ok(report)
}

fn files<'a>(migration: &'a Migration, name: &MigrationName) -> Files<'a> {
    let label = |table: &TableName| match table.schema().as_str() {
        TableName::DEFAULT_SCHEMA => table.name().as_str().to_owned(),
        schema => format!("{schema}_{}", table.name().as_str()),
    };
    let table = migration.on.as_ref().map(label);
    Files {
        name: name.of_part(migration.part.label(), table.as_deref()),
        up: &migration.up,
        down: &migration.down,
        metadata: migration.metadata,
    }
}
