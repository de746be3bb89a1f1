//! `tenants tenant`.

mod args;
mod create;
mod delete;
mod own_database;
mod records;
mod render;
mod status;

use std::io::{self, BufRead, Write};

use diesel::result::Error as DieselError;
use diesel_async::AsyncConnection;
use tenants_core::lifecycle::Refusal;
use tenants_core::store::{
    Filter, ListQuery, Merge, Page, SlugError, StoreError, Tenant, TenantChanges, TenantStatus,
};
use tenants_core::{RegistryError, TenantId, TenantIdError, TenantType};
use thiserror::Error;

pub(super) use args::TenantCommand;
pub use own_database::OwnDatabaseError;
pub use status::Refused;

use self::args::{ListArgs, SearchArgs, ShowArgs, UpdateArgs};
use self::records::{Records, find};
use super::Examined;
use super::connect::ConnectError;
use super::runtime::block_on;
use crate::error::refusal;
use crate::store::{Operations, Settings};

/// Why records of tenants are as they were, or were not shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TenantCommandError {
    /// The tagged structs make no registry, which says what ids are.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The id cannot name a tenant of this program.
    #[error(transparent)]
    Id(#[from] TenantIdError),
    /// Ids are numbers here, and none was given.
    #[error(
        "tenant columns of type {column} hold no UUIDs, which a new id is otherwise: pass `--id`"
    )]
    NoId {
        /// The type of a registered tenant column.
        column: TenantType,
    },
    /// The text is no slug.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// There is no URL of the tenant's own database.
    #[error(transparent)]
    OwnDatabase(#[from] OwnDatabaseError),
    /// Nobody is known who may become the tenant's role.
    #[error(
        "each tenant has a role here: pass `--login`, the role that pools connect as, and `--app-role` if it is not `tenants_app`"
    )]
    NoLogin,
    /// The database may be another one, or of a version to come.
    #[error(
        "what keeps the tenants of this database apart is not known: run `tenants setup` of this version first"
    )]
    UnknownIsolation,
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There is no such tenant.
    #[error(
        "there is no such tenant: `TENANT` is an id, exactly as it was created, and with `--slug` a slug"
    )]
    Unknown,
    /// The slug belongs to another tenant.
    #[error(
        "the slug belongs to another tenant (`tenants tenant show --slug SLUG`): choose another one; one that is deleted keeps its slug until it is purged"
    )]
    SlugTaken,
    /// A store refused.
    #[error(transparent)]
    Store(StoreError),
    /// Not all of some tenants can get a status, so none did.
    #[error("no tenant was changed:{}", refused.iter().map(|it| format!("\n  {it}")).collect::<String>())]
    Several {
        /// Those that cannot get it.
        refused: Vec<Refused>,
    },
    /// It would not be restored.
    #[error("the tenant is deleted already: `--purge` removes its record for good")]
    Deleted,
    /// There is nothing to restore.
    #[error("the tenant is not deleted: `tenants tenant activate` serves one that is suspended")]
    NotDeleted,
    /// Somebody may still use it.
    #[error(
        "the tenant is {status}, and only a deleted one is purged: `tenants tenant delete` deletes it, `tenants erase` then its rows"
    )]
    PurgeOfUndeleted {
        /// What it is.
        status: TenantStatus,
    },
    /// Nobody typed its slug.
    #[error("nothing was removed: type what is asked for on the standard input, or pass `--yes`")]
    Unconfirmed,
    /// The tenant's role could not be made.
    #[error(transparent)]
    Role(crate::LifecycleError),
    /// The login may not, or there is no store.
    #[error(
        "the records cannot be read or changed: connect as the login that administers tenants (`tenants setup --provisioner`) or as the owner of the database, after `tenants setup` of this version"
    )]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl TenantCommandError {
    /// Whether the arguments are wrong, or the database could not be asked.
    pub(super) fn is_of_arguments(&self) -> bool {
        match self {
            Self::Registry(_)
            | Self::Id(_)
            | Self::NoId { .. }
            | Self::Slug(_)
            | Self::OwnDatabase(_)
            | Self::NoLogin
            | Self::UnknownIsolation
            | Self::Connect(_)
            | Self::Unconfirmed
            | Self::Database(_)
            | Self::Runtime(_) => true,
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<StoreError> for TenantCommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Unknown,
            StoreError::DuplicateSlug => Self::SlugTaken,
            StoreError::Backend { .. } => Self::Database(error.into()),
            error => Self::Store(error),
        }
    }
}

/// Of the functions that administer tenants.
impl From<DieselError> for TenantCommandError {
    fn from(error: DieselError) -> Self {
        match refusal(&error) {
            Some(Refusal::UnknownTenant) => Self::Unknown,
            Some(Refusal::TenantExists) => Self::NotDeleted,
            Some(Refusal::UnfitRole | Refusal::RoleInUse | Refusal::RoleRefused) => {
                Self::Role(error.into())
            }
            _ => Self::Database(error.into()),
        }
    }
}

/// What was done, and what there is to say of it.
struct Outcome {
    written: Written,
    notes: String,
}

/// What a command writes.
enum Written {
    /// One record, with all that is known of it.
    Record(Tenant),
    /// A line for each record.
    List(Page<Tenant>),
    /// The id of a tenant that has no record any more.
    Purged(TenantId),
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        Self { written, notes: String::new() }
    }
}

/// What the operator types, and where it is asked for.
pub(super) struct Dialogue<'a> {
    pub(super) input: &'a mut dyn BufRead,
    pub(super) errors: &'a mut dyn Write,
}

pub(super) fn run(
    command: &TenantCommand,
    settings: &Settings,
    dialogue: &mut Dialogue<'_>,
) -> Result<Examined, TenantCommandError> {
    let (records, outcome) = match command {
        TenantCommand::Create(args) => {
            let placement = create::placement(args, dialogue.input)?;
            (&args.records, on_runtime(create::create(args, placement, settings)))
        }
        TenantCommand::List(args) => (&args.records, on_runtime(list(args, settings))),
        TenantCommand::Search(args) => (&args.records, on_runtime(search(args, settings))),
        TenantCommand::Show(args) => (&args.records, on_runtime(show(args, settings))),
        TenantCommand::Update(args) => (&args.records, on_runtime(update(args, settings))),
        TenantCommand::Suspend(args) => {
            (&args.records, on_runtime(status::suspend(args, settings)))
        }
        TenantCommand::Activate(args) => {
            (&args.records, on_runtime(status::activate(args, settings)))
        }
        TenantCommand::Delete(args) if args.purge => {
            (&args.records, delete::purge(args, settings, dialogue))
        }
        TenantCommand::Delete(args) => (&args.records, on_runtime(delete::delete(args, settings))),
        TenantCommand::Restore(args) => {
            (&args.records, on_runtime(delete::restore(args, settings)))
        }
    };
    Ok(render::examined(outcome?, records.format))
}

fn on_runtime<T: Send>(
    work: impl Future<Output = Result<T, TenantCommandError>> + Send,
) -> Result<T, TenantCommandError> {
    block_on(work).map_err(TenantCommandError::Runtime)?
}

async fn list(args: &ListArgs, settings: &Settings) -> Result<Outcome, TenantCommandError> {
    let filter = match &*args.status {
        _ if args.all => Filter::all(),
        [] => Filter::default(),
        statuses => Filter::any_of(statuses.iter().copied()),
    };
    let mut query = ListQuery::new(filter).limit(args.limit);
    query.after.clone_from(&args.after);
    let mut records = Records::connect(&args.records, settings).await?;
    Ok(Written::List(records.operations().list(&query).await?).into())
}

async fn search(args: &SearchArgs, settings: &Settings) -> Result<Outcome, TenantCommandError> {
    let mut records = Records::connect(&args.records, settings).await?;
    let found = records.operations().search(&args.text, args.limit).await?;
    Ok(Written::List(Page::new(found, Vec::new(), None)).into())
}

async fn show(args: &ShowArgs, settings: &Settings) -> Result<Outcome, TenantCommandError> {
    let key = args.one.key()?;
    let mut records = Records::connect(&args.records, settings).await?;
    Ok(Written::Record(find(&mut records.operations(), &key).await?).into())
}

async fn update(args: &UpdateArgs, settings: &Settings) -> Result<Outcome, TenantCommandError> {
    let key = args.one.key()?;
    let mut changes = TenantChanges::new();
    changes.slug = args.new_slug.clone().map(Some);
    changes.name.clone_from(&args.name);
    let mut records = Records::connect(&args.records, settings).await?;
    let changed = records.connection.transaction(async |connection| {
        let mut operations = Operations { connection, settings };
        let mut tenant = find(&mut operations, &key).await?;
        if changes != TenantChanges::new() {
            tenant = operations.update(&tenant.id, tenant.version, &changes).await?;
        }
        if let Some(patch) = &args.metadata {
            tenant = operations.merge_metadata(&tenant.id, patch, Merge::MergePatch).await?;
        }
        Ok::<_, TenantCommandError>(tenant)
    });
    Ok(Written::Record(changed.await?).into())
}
