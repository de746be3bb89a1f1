//! Where the URL of a tenant's own database comes from: never the arguments, which everybody on the machine sees.

use std::io::BufRead;
use std::str::FromStr;

use tenants_core::store::DatabaseUrl;
use thiserror::Error;

/// The name of an environment variable.
#[derive(Debug, Clone)]
pub(super) struct Variable(String);

/// Why an argument names no variable. It may be the URL itself, so it is not shown.
#[derive(Debug, Error)]
#[error("this is no name of an environment variable; the URL itself stands in the variable")]
pub(super) struct VariableError;

impl FromStr for Variable {
    type Err = VariableError;

    fn from_str(name: &str) -> Result<Self, VariableError> {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name { Ok(Self(name.to_owned())) } else { Err(VariableError) }
    }
}

/// Why there is no URL of the tenant's database.
#[derive(Debug, Error)]
#[error(
    "there is no URL of the tenant's own database: set the variable that `--own-database-env` names, or pass one line for `--own-database-stdin`"
)]
#[non_exhaustive]
pub struct OwnDatabaseError;

pub(super) fn from_variable(variable: &Variable) -> Result<DatabaseUrl, OwnDatabaseError> {
    url(&std::env::var(&variable.0).map_err(|_| OwnDatabaseError)?)
}

pub(super) fn from_input(input: &mut dyn BufRead) -> Result<DatabaseUrl, OwnDatabaseError> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(|_| OwnDatabaseError)?;
    url(&line)
}

fn url(text: &str) -> Result<DatabaseUrl, OwnDatabaseError> {
    let text = text.trim();
    if text.is_empty() || text.contains('\0') {
        return Err(OwnDatabaseError);
    }
    Ok(DatabaseUrl::new(text))
}
