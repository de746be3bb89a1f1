//! What hears of changes that go past a cache.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::Text;
use diesel::{ConnectionResult, QueryableByName};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tenants_core::store::notice::{self, Notice, NoticeKey};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{Config, SslMode};

use super::cache::Kept;
use super::cached_store::CachedStore;

/// How long a connection may say nothing before it is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(15);
/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before connecting anew: twice as long each time.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

type Connect = dyn Fn() -> BoxFuture<'static, ConnectionResult<AsyncPgConnection>> + Send + Sync;

/// Why a cache does not listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The URL is not one. It is not shown, since it holds a password.
    #[error("this is not a database URL: expected `postgres://user:password@host:port/database`")]
    Url,
    /// The URL insists on TLS, of which there are several implementations to choose from.
    #[error(
        "the URL asks for TLS (`sslmode=require`): use `listen_with`, and connect with the TLS of your choice"
    )]
    Tls,
    /// There is nothing that the listener could run on.
    #[error("a listener runs on tokio: listen within its runtime")]
    NoRuntime,
}

/// Hears of changes for a cache, until it is dropped.
///
/// `Debug` shows whether it is connected.
#[must_use = "it listens until it is dropped"]
pub struct Listener {
    task: AbortHandle,
    is_listening: watch::Receiver<bool>,
}

impl Listener {
    /// Whether it is connected now. If not, what is kept lives as long as the time to live, and it connects anew.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        *self.is_listening.borrow()
    }

    /// Waits until it is connected.
    pub async fn listening(&self) {
        // The task that sends ends with this.
        let _ = self.is_listening.clone().wait_for(|is_listening| *is_listening).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("is_listening", &self.is_listening()).finish()
    }
}

impl<S> CachedStore<S> {
    /// Hears from PostgreSQL which tenants other processes change, and drops them at once.
    ///
    /// It takes one connection of its own, with the login of the store, straight to the server that the store reads and
    /// writes: neither a replica nor a pooler in transaction mode passes notifications on. While it is not connected
    /// everything works, and what is kept lives as long as the time to live. Once it is connected anew, all that was kept
    /// before is dropped.
    ///
    /// From the first call on, every transaction that changes tenants notifies, and
    /// [the commits of those wait for each other](https://www.postgresql.org/docs/current/sql-notify.html), in all databases
    /// of the cluster: there are as many a second as the disk acknowledges one by one. Where it took 4 ms, 64 writers
    /// made 230 changes a second instead of 3,600. Scopes and reads notify nobody, and so do databases in which nobody ever listened.
    /// It ends with `DELETE FROM tenants.notice_key`, by the owner and when nobody listens any more. A transaction that
    /// notifies cannot be prepared for two-phase commit.
    ///
    /// # Executed SQL
    ///
    /// ```sql
    /// SELECT "tenants"."notice_key"() AS "key"   -- and again where nothing was heard for 15 seconds
    /// LISTEN "tenants_tenant"
    /// SELECT pg_catalog.pg_notify('tenants_tenant', '-')
    /// ```
    ///
    /// # Errors
    ///
    /// [`ListenError`]. That the server cannot be reached is none: the listener tries until it can.
    ///
    /// # Security
    ///
    /// Whoever may log in may listen, too. They see how many tenants are changed and when, as hashes under a key that the
    /// login of the store alone may ask for. They may notify, too, and thereby have caches read more; never
    /// anything else.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tenants_diesel::store::{CachedStore, TenantStore};
    ///
    /// # async fn example(store: impl TenantStore + 'static) -> Result<(), Box<dyn std::error::Error>> {
    /// let store = CachedStore::new(store);
    /// let listener = store.listen("postgres://provisioner@localhost/my_app")?;
    /// // ..
    /// drop(listener); // Keep it as long as the store.
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(&self, url: &str) -> Result<Listener, ListenError> {
        let config: Config = url.parse().map_err(|_| ListenError::Url)?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(ListenError::Tls);
        }
        let url: Arc<str> = url.into();
        self.listen_with(move || {
            let url = Arc::clone(&url);
            async move { AsyncPgConnection::establish(&url).await }.boxed()
        })
    }

    /// The same with a function that connects: TLS, sockets, proxies. It is that of
    /// [`TenantPoolBuilder::custom_setup`](crate::TenantPoolBuilder::custom_setup), without the URL. A connection that was
    /// made by `try_from_client_and_connection` hears of notifications, one by `try_from` does not.
    ///
    /// # Errors
    ///
    /// [`ListenError::NoRuntime`]
    pub fn listen_with<F>(&self, connect: F) -> Result<Listener, ListenError>
    where
        F: Fn() -> BoxFuture<'static, ConnectionResult<AsyncPgConnection>> + Send + Sync + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| ListenError::NoRuntime)?;
        let (tell, is_listening) = watch::channel(false);
        let task = runtime.spawn(listen(Arc::clone(&self.kept), Box::new(connect), tell));
        Ok(Listener { task: task.abort_handle(), is_listening })
    }
}

async fn listen(kept: Arc<Kept>, connect: Box<Connect>, tell: watch::Sender<bool>) {
    let mut pause = BACK_OFF.0;
    loop {
        hear(&kept, &connect, &tell).await;
        // What the driver says may hold addresses and names.
        tracing::warn!(target: "tenants::store", "the cache of tenants does not hear of changes");
        if tell.send_replace(false) {
            pause = BACK_OFF.0;
        }
        sleep(pause).await;
        pause = (pause * 2).min(BACK_OFF.1);
    }
}

/// Connects, and returns once there is no connection any more.
async fn hear(kept: &Kept, connect: &Connect, tell: &watch::Sender<bool>) -> Option<()> {
    let mut connection = timeout(PATIENCE, connect()).await.ok()?.ok()?;
    let key = ask(&mut connection).await?;
    send(&mut connection, notice::LISTEN).await?;
    // What is committed from now on is told, and what was before is dropped.
    kept.listens(key.clone());
    // It listens once it has heard something: a pooler may have given the connection to somebody else by now.
    send(&mut connection, notice::ECHO).await?;
    loop {
        let heard = timeout(QUIET, pin!(connection.notifications_stream()).next()).await;
        match heard {
            Ok(Some(Ok(told))) if told.channel == notice::CHANNEL => {
                kept.clock.hear(&Notice::read(&told.payload));
                tell.send_replace(true);
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => return None,
            Err(_) if *tell.borrow() && ask(&mut connection).await? == key => {}
            Err(_) => return None,
        }
    }
}

async fn send(connection: &mut AsyncPgConnection, sql: &'static str) -> Option<()> {
    timeout(PATIENCE, diesel::sql_query(sql).execute(connection)).await.ok()?.ok().map(drop)
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

async fn ask(connection: &mut AsyncPgConnection) -> Option<NoticeKey> {
    let ask = diesel::sql_query(notice::KEY).get_result::<Key>(connection);
    timeout(PATIENCE, ask).await.ok()?.ok()?.key.parse().ok()
}
