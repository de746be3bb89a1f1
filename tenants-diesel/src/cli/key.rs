//! `tenants key`.

#![allow(clippy::disallowed_methods, reason = "reads and writes keys on the owner's connection")]

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Bool, Double, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::install;
use tenants_core::signature::{ADD_KEY, LIST_KEYS, REMOVE_KEY, RETIRE_OTHERS, SigningKey};
use thiserror::Error;

use super::Examined;
use super::args::{AddKeyArgs, KeyArgs, KeyCommand, RemoveKeyArgs};
use super::connect::{ConnectError, connect};
use super::runtime::block_on;

/// Why the keys are as they were.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There is no such key.
    #[error("there is no key `{id}`: `tenants key list` shows those that are there")]
    Missing {
        /// The id that was asked for.
        id: String,
    },
    /// Guards that ask for signatures would refuse everything.
    #[error(
        "`{id}` is the last key that counts, and without one guards that ask for signatures refuse everything: make another one first (`tenants key add`), or pass `--last`"
    )]
    Last {
        /// The key.
        id: String,
    },
    /// The file for the key is there already, or cannot be written. No key was made.
    #[error("the file `{}` cannot be made for the key", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A query failed.
    #[error(
        "the keys could not be read or changed: connect as the owner of the database, and run `tenants setup` first"
    )]
    Database(#[from] DieselError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

/// The key is all of the report, and explanations are notes, so that the former can be piped into a store
/// of secrets.
pub(super) fn run(command: &KeyCommand) -> Result<Examined, KeyError> {
    let (report, notes) = match command {
        KeyCommand::Add(args) => add(args, None)?,
        KeyCommand::Rotate(args) => add(&args.add, Some(args.grace))?,
        KeyCommand::List(args) => (list(args)?, String::new()),
        KeyCommand::Remove(args) => (remove(args)?, String::new()),
    };
    Ok(Examined { report, notes, is_clean: true })
}

fn add(args: &AddKeyArgs, grace: Option<Duration>) -> Result<(String, String), KeyError> {
    block_on(async {
        let mut conn = connect(&args.connection.database_url).await?;
        conn.transaction(async |conn| {
            conn.batch_execute(install::LOCK).await?;
            let row: KeyRow = diesel::sql_query(ADD_KEY).get_result(conn).await?;
            let mut hint = format!("Made key {}. It is shown this once.\n", row.id);
            if let Some(grace) = grace {
                let retire = diesel::sql_query(RETIRE_OTHERS)
                    .bind::<Text, _>(&row.id)
                    .bind::<Double, _>(grace.as_secs_f64());
                retire.execute(conn).await?;
                let grace = humantime::format_duration(grace);
                let _ = writeln!(
                    hint,
                    "All other keys retire in {grace}: give it to every pool before."
                );
            }
            let key = SigningKey::from_parts(&row.id, &row.secret) + "\n";
            match &args.file {
                None => Ok((key, hint)),
                // Before the commit: a key that nobody has is made by nobody.
                Some(path) => match write_secret(path, &key) {
                    Ok(()) => Ok((
                        format!("Wrote key {} to {}.\n", row.id, path.display()),
                        String::new(),
                    )),
                    Err(source) => Err(KeyError::File { path: path.clone(), source }),
                },
            }
        })
        .await
    })
    .map_err(KeyError::Runtime)?
}

fn write_secret(path: &Path, key: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(key.as_bytes())
}

fn list(args: &KeyArgs) -> Result<String, KeyError> {
    let keys = block_on(async {
        let mut conn = connect(&args.database_url).await?;
        Ok::<_, KeyError>(load(&mut conn).await?)
    });
    let keys = keys.map_err(KeyError::Runtime)??;
    if keys.is_empty() {
        return Ok("There are no keys: make one with `tenants key add`.\n".to_owned());
    }
    let mut table = format!("{:<10}{:<26}{}\n", "KEY", "MADE", "RETIRES");
    for key in keys {
        let retires = match (&key.retires, key.is_retired) {
            (None, _) => "never".to_owned(),
            (Some(at), false) => at.clone(),
            (Some(at), true) => format!("{at} (retired)"),
        };
        let _ = writeln!(table, "{:<10}{:<26}{retires}", key.id, key.created);
    }
    Ok(table)
}

fn remove(args: &RemoveKeyArgs) -> Result<String, KeyError> {
    let id = args.id.0.clone();
    let removed = block_on(async {
        let mut conn = connect(&args.connection.database_url).await?;
        conn.transaction(async |conn| {
            conn.batch_execute(install::LOCK).await?;
            let keys = load(conn).await?;
            let Some(key) = keys.iter().find(|key| key.id == id) else {
                return Err(KeyError::Missing { id: id.clone() });
            };
            let others_count = keys.iter().any(|other| other.id != id && !other.is_retired);
            if !others_count && !key.is_retired && !args.last {
                return Err(KeyError::Last { id: id.clone() });
            }
            diesel::sql_query(REMOVE_KEY).bind::<Text, _>(&id).execute(conn).await?;
            Ok(())
        })
        .await
    });
    removed.map_err(KeyError::Runtime)??;
    Ok(format!("Removed key {id}.\n"))
}

async fn load(conn: &mut AsyncPgConnection) -> Result<Vec<ListedKeyRow>, DieselError> {
    diesel::sql_query(LIST_KEYS).load(conn).await
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct KeyRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    secret: String,
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct ListedKeyRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    created: String,
    #[diesel(sql_type = Nullable<Text>)]
    retires: Option<String>,
    #[diesel(sql_type = Bool)]
    is_retired: bool,
}
