//! What is asked for all tagged tables: `tenants.toml`, here or above.
//!
//! ```toml
//! composite_keys = true
//! ```
//!
//! A file of its own, since `diesel` refuses to run with a `diesel.toml` that has a section of somebody else's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tenants_core::Registry;
use thiserror::Error;
use toml::{Table, Value};

/// Why `tenants.toml` says nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TenantsTomlError {
    /// It cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not TOML.
    #[error("`{path}` cannot be understood", path = path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It asks for something that is not known.
    #[error("`{path}` has an unknown key `{key}`: expected `composite_keys = true`", path = path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A value has another type.
    #[error("`composite_keys` in `{path}` is neither `true` nor `false`, without quotes: write `composite_keys = true`", path = path.display())]
    NoBoolean {
        /// The file.
        path: PathBuf,
    },
}

/// Has all tables of tenants ask for what the file says.
pub(super) fn apply(registry: Registry) -> Result<Registry, TenantsTomlError> {
    let current = std::env::current_dir()
        .map_err(|source| TenantsTomlError::Io { path: PathBuf::from("."), source })?;
    Ok(if asks_for_composite_keys(&current)? { registry.with_composite_keys() } else { registry })
}

fn asks_for_composite_keys(current: &Path) -> Result<bool, TenantsTomlError> {
    let mut files = current.ancestors().map(|directory| directory.join("tenants.toml"));
    let Some(path) = files.find(|path| path.is_file()) else { return Ok(false) };
    let text = fs::read_to_string(&path)
        .map_err(|source| TenantsTomlError::Io { path: path.clone(), source })?;
    let table: Table = text.parse().map_err(|mut source: toml::de::Error| {
        // It would quote the line.
        source.set_input(None);
        TenantsTomlError::Toml { path: path.clone(), source: Box::new(source) }
    })?;
    if let Some(key) = table.keys().find(|key| *key != "composite_keys") {
        return Err(TenantsTomlError::UnknownKey { path, key: key.clone() });
    }
    match table.get("composite_keys") {
        None => Ok(false),
        Some(Value::Boolean(asks)) => Ok(*asks),
        Some(_) => Err(TenantsTomlError::NoBoolean { path }),
    }
}
