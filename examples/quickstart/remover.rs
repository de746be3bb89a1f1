//! Removes what a run made, however it ended.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use url::Url;

use crate::Result;
use crate::names::Names;
use crate::scratch::connect;

/// Set for the child process that removes what its parent made when that has ended.
const REMOVE: &str = "TENANTS_QUICKSTART_REMOVE";
const ATTEMPTS: u32 = 10;

/// This program once more, waiting for its standard input to end: the kernel closes it whenever and
/// however the parent ends.
pub struct Remover(Child);

impl Remover {
    /// Removes the directory, and on a server that stays, the database and its roles.
    pub fn spawn(server: Option<&Url>, names: &Names) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        match server {
            Some(url) => command.env("DATABASE_URL", url.as_str()),
            None => command.env_remove("DATABASE_URL"),
        };
        let child = command
            .env(REMOVE, names.database.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Ctrl-C goes to the whole process group of the terminal.
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Does the work of that child process; `None` in every other process.
pub async fn remove() -> Option<Result<()>> {
    let name = env::var(REMOVE).ok()?;
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    Some(remove_all(&name).await)
}

async fn remove_all(name: &str) -> Result<()> {
    let names = Names::new(name)?;
    match fs::remove_dir_all(names.directory()) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let Ok(url) = env::var("DATABASE_URL") else { return Ok(()) };
    for attempt in 0..ATTEMPTS {
        // The server may be busy, and only a superuser may end connections of others before they
        // notice that their client has gone.
        tokio::time::sleep(Duration::from_millis(50) * attempt).await;
        if drop_all(&url, &names).await.is_ok() {
            return Ok(());
        }
    }
    Err(format!(
        "database `{name}` and roles that begin with its name could not be removed; the next run tries again"
    )
    .into())
}

async fn drop_all(url: &str, names: &Names) -> Result<()> {
    let mut connection = connect(url).await?;
    // A statement that the parent sent outlives it.
    connection.batch_execute(&wait_for(names.database.as_str())).await?;
    for statement in names.remove() {
        connection.batch_execute(&statement).await?;
    }
    Ok(())
}

fn wait_for(application: &str) -> String {
    format!(
        "DO $$ BEGIN FOR attempt IN 1..1000 LOOP
            PERFORM pg_stat_clear_snapshot();
            PERFORM FROM pg_stat_activity WHERE application_name = '{application}';
            EXIT WHEN NOT FOUND;
            PERFORM pg_sleep(0.01);
        END LOOP; END $$"
    )
}

/// Removes what runs left that were killed together with their remover.
///
/// A run that lives is connected by the name of its database. What cannot be removed is left to the
/// next run: this one does not need it.
pub async fn sweep(connection: &mut AsyncPgConnection) {
    let dead = format!(
        "ARRAY(
            SELECT d.datname::text
            FROM pg_catalog.pg_database AS d
            JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
            WHERE d.datname ~ '{}' AND r.rolname = current_user
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.application_name = d.datname
            )
        )",
        Names::PATTERN
    );
    let dead =
        diesel::select(sql::<Array<Text>>(&dead)).get_result::<Vec<String>>(connection).await;
    for names in dead.unwrap_or_default().iter().filter_map(|name| Names::new(name).ok()) {
        for statement in names.remove() {
            let _ = connection.batch_execute(&statement).await;
        }
    }
}
