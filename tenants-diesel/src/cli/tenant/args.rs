//! The arguments of `tenants tenant`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Subcommand};
use tenants_core::store::{Cursor, Limit, LimitError, Metadata, SchemaName, Slug, TenantStatus};
use tenants_core::{Identifier, TenantId};

use super::TenantCommandError;
use super::own_database::Variable;
use crate::cli::args::{DatabaseUrl, Format, role};

/// Keeps the records of tenants: who they are, and whether they are served.
///
/// Exit codes: 0 done, 1 refused, or a record cannot be read, 2 wrong arguments, nobody confirmed, or the database
/// could not be asked.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TenantCommand {
    Create(CreateArgs),
    List(ListArgs),
    Search(SearchArgs),
    Show(ShowArgs),
    Update(UpdateArgs),
    Suspend(SuspendArgs),
    Activate(ActivateArgs),
    Delete(DeleteArgs),
    Restore(RestoreArgs),
}

/// Where the records are, and how they are written.
#[derive(Debug, clap::Args)]
pub(super) struct RecordsArgs {
    /// Where to connect, as the login that administers tenants (`tenants setup --provisioner`) or as the owner of the
    /// database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
    /// How records are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Which tenant.
#[derive(Debug, clap::Args)]
pub(super) struct OneArgs {
    /// The tenant's id, exactly as it was created; with `--slug`, its slug
    #[arg(value_name = "TENANT", allow_negative_numbers = true)]
    tenant: String,
    /// `TENANT` is a slug. Without it, it never is, since the id of one may be the slug of another
    #[arg(long)]
    slug: bool,
}

/// Which tenants.
#[derive(Debug, clap::Args)]
pub(super) struct SeveralArgs {
    /// The tenants' ids, exactly as they were created; with `--slug`, their slugs
    #[arg(value_name = "TENANT", required = true, allow_negative_numbers = true)]
    tenants: Vec<String>,
    /// Each `TENANT` is a slug. Without it, none is, since the id of one may be the slug of another
    #[arg(long)]
    slug: bool,
}

/// What a tenant is looked up by.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Id(TenantId),
    Slug(Slug),
}

impl Key {
    fn new(text: &str, is_slug: bool) -> Result<Self, TenantCommandError> {
        Ok(if is_slug { Self::Slug(text.parse()?) } else { Self::Id(TenantId::try_from(text)?) })
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Slug(slug) => slug.as_str(),
        }
    }
}

impl OneArgs {
    pub(super) fn key(&self) -> Result<Key, TenantCommandError> {
        Key::new(&self.tenant, self.slug)
    }
}

impl SeveralArgs {
    pub(super) fn keys(&self) -> Result<Vec<Key>, TenantCommandError> {
        self.tenants.iter().map(|tenant| Key::new(tenant, self.slug)).collect()
    }
}

/// Who may become the role of a tenant, where each tenant has one.
#[derive(Debug, clap::Args)]
pub(super) struct TenantRoleArgs {
    /// The role that pools connect as; asked for only where each tenant has a role, which is then made, too
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(super) login: Option<Identifier>,
    /// The role that scoped code runs as; asked for only where each tenant has a role
    #[arg(long, value_name = "ROLE", default_value = "tenants_app", value_parser = role)]
    pub(super) app_role: Identifier,
}

/// Makes a tenant, which is served at once, and writes its record.
///
/// Its id tells its rows from others for ever. Without `--id` it is a new random UUID (version 4), which tells nobody
/// when the tenant was made. Where each tenant has a role, that is made, too, or nothing is.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("place"))]
pub(in crate::cli) struct CreateArgs {
    /// Its name in addresses
    pub(super) slug: Slug,
    /// Its id, as the tenant columns spell it, instead of a new UUID
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub(super) id: Option<TenantId>,
    /// What people call it; otherwise its slug
    #[arg(long)]
    pub(super) name: Option<String>,
    /// What it begins with: `provisioning` is not served until `tenants tenant activate`
    #[arg(long, default_value = "active", value_parser = status(&[TenantStatus::Active, TenantStatus::Provisioning]))]
    pub(super) status: TenantStatus,
    /// What the application keeps with it: a JSON object. Others on this machine see arguments
    #[arg(long, value_name = "JSON", value_parser = Metadata::from_json)]
    pub(super) metadata: Option<Metadata>,
    /// Its rows live in a schema of its own, which is not made here
    #[arg(long, value_name = "NAME", group = "place")]
    pub(super) schema: Option<SchemaName>,
    /// Its rows live in a database of its own, which is not made here: the environment variable that holds the URL
    #[arg(long, value_name = "VARIABLE", group = "place")]
    pub(super) own_database_env: Option<Variable>,
    /// The same, with the URL as a line of the standard input
    #[arg(long, group = "place")]
    pub(super) own_database_stdin: bool,
    #[command(flatten)]
    pub(super) role: TenantRoleArgs,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Lists tenants, the newest first: all but the deleted ones.
///
/// Records that cannot be read are named beside the others, and the exit code is 1.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListArgs {
    /// Only those of this status; may be given several times
    #[arg(long, value_name = "STATUS", value_parser = status(&TenantStatus::ALL), conflicts_with = "all")]
    pub(super) status: Vec<TenantStatus>,
    /// The deleted ones, too
    #[arg(long)]
    pub(super) all: bool,
    /// How many at most, from 1 to 1000
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = limit)]
    pub(super) limit: Limit,
    /// Go on behind a page that was not the last one: what it says is `next`
    #[arg(long, value_name = "NEXT", allow_hyphen_values = true)]
    pub(super) after: Option<Cursor>,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Lists the tenants whose slug or name holds a text, in upper or lower case.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SearchArgs {
    /// The text
    pub(super) text: String,
    /// How many at most, from 1 to 1000
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = limit)]
    pub(super) limit: Limit,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Writes the record of a tenant. The URL of its own database is not shown.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Changes what a tenant is called and what is kept with it, and writes its record. Its id and its rows stay.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(in crate::cli) struct UpdateArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,
    /// A new name in addresses. The old one is free from then on
    #[arg(long, value_name = "SLUG", group = "change")]
    pub(super) new_slug: Option<Slug>,
    /// A new name for people
    #[arg(long, group = "change")]
    pub(super) name: Option<String>,
    /// Put this JSON object over the metadata: objects into objects, and `null` removes a key (RFC 7396)
    #[arg(long, value_name = "JSON", group = "change", value_parser = Metadata::from_json)]
    pub(super) metadata: Option<Metadata>,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Refuses tenants until they are activated: from now on, in every process, all of them or none.
///
/// Scopes that began before go on to their end.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SuspendArgs {
    #[command(flatten)]
    pub(super) several: SeveralArgs,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Serves tenants that are suspended or provisioned, all of them or none.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ActivateArgs {
    #[command(flatten)]
    pub(super) several: SeveralArgs,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Refuses a tenant from now on, whose rows stay: `tenants tenant restore` brings it back.
///
/// To have done with it: `tenants tenant delete TENANT`, `tenants erase TENANT --yes` and `tenants tenant delete TENANT
/// --purge`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DeleteArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,
    /// Remove the record of a deleted tenant for good. Its slug is free then, and nobody ever gets its id
    #[arg(long)]
    pub(super) purge: bool,
    /// Purge without asking for the slug on the standard input
    #[arg(long, requires = "purge")]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Brings a deleted tenant back, with the rows it had: suspended if it was, and active otherwise.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RestoreArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,
    #[command(flatten)]
    pub(super) role: TenantRoleArgs,
    #[command(flatten)]
    pub(super) records: RecordsArgs,
}

/// Some statuses, which shells then complete.
fn status(statuses: &[TenantStatus]) -> impl TypedValueParser<Value = TenantStatus> {
    let names = statuses.iter().map(|status| status.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<TenantStatus>())
}

fn limit(text: &str) -> Result<Limit, LimitError> {
    text.parse().map_err(|_| LimitError).and_then(Limit::new)
}
