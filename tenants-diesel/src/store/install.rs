//! How the table of a store is made.

use tenants_core::store::{InstallError, Statement, Statements, StoreError};

use super::connection::{Failure, StoreConnection};
use super::operations::Operations;
use super::transaction::in_transaction;

impl<C: StoreConnection> Operations<'_, C> {
    /// Makes the table in SQLite, MySQL or MariaDB, or brings it up to date, and [verifies](Self::verify) it. Any number of
    /// processes may do so at once, and where nothing is to be done nothing is changed.
    ///
    /// In PostgreSQL it verifies alone: `tenants setup` and [`migrations::install`](crate::migrations::install) make the
    /// table there. Who would rather have it in a migration of their own takes the
    /// [steps](tenants_core::store::Dialect::steps); such a table is verified, and never changed.
    ///
    /// # Errors
    ///
    /// `Newer` if a newer release of this library was here; `InTransaction` in MySQL, where tables that are made commit
    /// the caller's transaction; what [`verify`](Self::verify) says.
    ///
    /// # Cancellation
    ///
    /// In MySQL and MariaDB a lock stays with the connection until that is closed.
    pub async fn install(&mut self) -> Result<(), InstallError> {
        let known = i64::try_from(C::DIALECT.steps().len()).unwrap_or(i64::MAX);
        let patience = i64::try_from(self.settings.lock_timeout.as_secs()).unwrap_or(i64::MAX);
        let found = match Self::SQL.install_lock(patience.max(1)) {
            _ if known == 0 => 0,
            Some(lock) => self.run_steps_locked(&lock).await?,
            None => in_transaction!(self, Ok(self.run_steps().await?)).map_err(StoreError::from)?,
        };
        if found > known {
            return Err(InstallError::Newer { found, known });
        }
        self.verify().await
    }

    /// Checks that the table is there and has all that the store needs.
    ///
    /// # Errors
    ///
    /// `NoTable`; `Lacks`, which names what.
    pub async fn verify(&mut self) -> Result<(), InstallError> {
        let there = self.connection.texts(&Self::SQL.parts()).await?;
        Self::SQL.check_parts(&there)
    }

    /// Runs the steps that were not run, and returns how many were before. What somebody else made is theirs to change.
    async fn run_steps(&mut self) -> Result<i64, Failure> {
        let is_ours = self.connection.number(&Self::SQL.has_versions()).await? > 0;
        if !is_ours && !self.connection.texts(&Self::SQL.parts()).await?.is_empty() {
            return Ok(0);
        }
        self.connection.batch(Statements::VERSIONS).await?;
        let found = self.connection.number(&Self::SQL.version()).await?;
        for (version, step) in (1..).zip(C::DIALECT.steps()).filter(|(it, _)| *it > found) {
            self.connection.batch(step).await?;
            self.connection.execute(&Self::SQL.set_version(version)).await?;
        }
        Ok(found)
    }

    /// The same, where a transaction ends with each table that is made.
    async fn run_steps_locked(&mut self, lock: &Statement) -> Result<i64, InstallError> {
        if self.connection.is_in_transaction() {
            return Err(InstallError::InTransaction);
        }
        if self.connection.number(lock).await? == 0 {
            return Err(StoreError::Timeout.into());
        }
        let found = self.run_steps().await;
        let unlocked = self.connection.number(&Self::SQL.install_unlock()).await;
        unlocked?;
        Ok(found?)
    }
}
