//! The directory of an export. docs/OPERATIONS.md describes its shape, which only grows.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tenants_core::rows::{LiveTable, TenantTable};
use tenants_core::{Identifier, TableName, TenantId};

use super::ExportError;

/// A directory that is being filled.
pub(super) struct Directory {
    path: PathBuf,
    tables: Vec<Value>,
    rows: u64,
}

/// A file that is complete.
pub(super) struct Exported {
    pub(super) rows: u64,
    name: String,
}

impl Directory {
    /// Makes a new directory, for its owner alone.
    pub(super) fn create(path: Option<PathBuf>) -> Result<Self, ExportError> {
        let now = || chrono::Utc::now().format("tenants-export-%Y%m%d-%H%M%S").to_string();
        let path = path.unwrap_or_else(|| now().into());
        make_directory(&path).map_err(|source| ExportError::File { path: path.clone(), source })?;
        Ok(Self { path, tables: Vec::new(), rows: 0 })
    }

    /// Opens the file of a table.
    pub(super) fn file(&mut self, table: &TableName) -> Result<TableFile, ExportError> {
        let schema = file_name(table.schema());
        let name = format!("{schema}/{}.copy", file_name(table.name()));
        let directory = self.path.join(schema);
        let made = match make_directory(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        };
        made.map_err(|source| ExportError::File { path: directory, source })?;
        let path = self.path.join(&name);
        match make_file(&path) {
            Ok(file) => Ok(TableFile { file: BufWriter::new(file), path, name, rows: 0 }),
            Err(source) => Err(ExportError::File { path, source }),
        }
    }

    /// Notes a table whose file is complete.
    pub(super) fn add(&mut self, exported: Exported, table: &TenantTable, live: &LiveTable) {
        let columns: Vec<_> = live.columns.iter().map(Identifier::as_str).collect();
        self.rows += exported.rows;
        self.tables.push(json!({
            "schema": table.name.schema().as_str(),
            "name": table.name.name().as_str(),
            "tenant_column": table.column.as_str(),
            "columns": columns,
            "rows": exported.rows,
            "file": exported.name,
            "import": live.copy_in().as_str(),
        }));
    }

    /// How many tables and rows are here.
    pub(super) fn totals(&self) -> (usize, u64) {
        (self.tables.len(), self.rows)
    }

    /// Writes the manifest, with which the export is complete.
    pub(super) fn finish(self, id: &TenantId) -> Result<PathBuf, ExportError> {
        let manifest = json!({ "version": 1, "tenant": id.as_str(), "tables": self.tables });
        let path = self.path.join("manifest.json");
        let write = || {
            let mut file = make_file(&path)?;
            file.write_all(format!("{manifest:#}\n").as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| ExportError::File { path: path.clone(), source })?;
        Ok(self.path)
    }
}

/// The file of a table that is being written.
pub(super) struct TableFile {
    file: BufWriter<File>,
    path: PathBuf,
    name: String,
    rows: u64,
}

impl TableFile {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        // In the text format a line break is the end of a row, and nothing else.
        self.rows += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.file.write_all(bytes).map_err(|source| self.failed(source))
    }

    /// Waits until the rows are stored.
    pub(super) fn finish(mut self) -> Result<Exported, ExportError> {
        let stored = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        stored.map_err(|source| self.failed(source))?;
        Ok(Exported { rows: self.rows, name: self.name })
    }

    fn failed(&self, source: io::Error) -> ExportError {
        ExportError::File { path: self.path.clone(), source }
    }
}

/// A name without what file systems cannot hold, or take for something else: upper case among it, which some do
/// not tell from lower case.
fn file_name(name: &Identifier) -> String {
    let mut file = String::new();
    for byte in name.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02X}")),
        }
    }
    file
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn make_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_directory_or_meets_another_one() {
        let name = |name: &str| file_name(&Identifier::new(name).unwrap());
        assert_eq!(name("blog_posts-2"), "blog_posts-2");
        assert_eq!(name(".."), "%2E%2E");
        assert_eq!(name("a/b\\c"), "a%2Fb%5Cc");
        assert_eq!(name("Posts"), "%50osts");
        assert_eq!(name("%50osts"), "%2550osts");
        assert_eq!(name("ü"), "%C3%BC");
    }
}
