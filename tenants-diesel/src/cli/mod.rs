//! The commands `tenants setup`, `migration generate`, `check`, `key`, `tenant`, `doctor`, `observed`, `export`, `erase`,
//! `backfill` and `completion`, for a program of your own.
//!
//! The tables that you tagged are known only to a program that links them, so the command is a
//! binary of your crate, `src/bin/tenants.rs`:
//!
//! ```no_run
//! # mod my_app {}
//! # #[allow(unused_imports)]
//! use my_app as _;
//! fn main() { tenants_diesel::cli::run() }
//! ```
//!
//! Without the `use` the linker drops the tags, and the commands say so.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done, or nothing to do |
//! | 1 | failed; the reason is on the standard error, and what `check`, `doctor` or `observed` found on the standard output |
//! | 2 | wrong arguments, a wrong file of allowances, no table is registered, `erase` without `--yes`, a purge that nobody confirmed, or `observed` or `tenant` could not ask |

mod args;
mod backfill;
mod check;
mod complete;
mod completion;
mod connect;
mod diesel_toml;
mod doctor;
mod erase;
mod export;
mod generate;
mod key;
mod migration_dir;
mod observed;
mod online;
mod program;
mod refused;
mod rows;
mod runtime;
mod setup;
mod tenant;
mod tenants_toml;
mod unapplied;

use std::ffi::OsString;
use std::io::{self, BufRead, Write};

use clap::Parser;
use thiserror::Error;

use args::{Args, Command, MigrationCommand};
pub use backfill::BackfillError;
pub use check::{CheckCommandError, compare};
pub use complete::CompleteError;
pub use connect::{ConnectError, QueryError};
pub use diesel_toml::MigrationsDirectoryError;
pub use doctor::{AllowFileError, DoctorError};
pub use erase::EraseError;
pub use export::ExportError;
pub use generate::GenerateError;
pub use key::KeyError;
pub use migration_dir::{MigrationName, MigrationNameError, WriteError};
pub use observed::ObservedError;
pub use program::Program;
pub use rows::RowsError;
pub use setup::SetupError;
use tenant::Dialogue;
pub use tenant::{OwnDatabaseError, Refused, TenantCommandError};
pub use tenants_toml::TenantsTomlError;

/// Runs the command that the program's arguments name, and exits. Like `diesel` it reads `.env`.
///
/// # Executed SQL
///
/// `--help` of each command says what it does; `tenants setup --print` prints it.
pub fn run() -> ! {
    Program::new().run()
}

/// Runs the command that the arguments name, the first being the program itself; returns the exit
/// code. The standard input is not read: [`Program::run_with`] takes one.
///
/// # Security
///
/// Neither output holds a password or a database URL, not even of an argument that is refused
/// because a URL stands where it does not belong.
pub fn run_with(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    Program::new().run_with(args, &mut io::empty(), output, errors)
}

fn run_command(
    program: &Program,
    args: &[OsString],
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    let name = args.first().map(OsString::as_os_str);
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(refused) => {
            let (is_error, code) = (refused.use_stderr(), refused.exit_code());
            let message = refused::message(refused);
            // Whoever closed the pipe does not read the reason either.
            let _ = match is_error {
                true => write!(errors, "{message}"),
                false => write!(output, "{message}"),
            };
            return u8::try_from(code).unwrap_or(2);
        }
    };
    let done = match args.command {
        Command::Setup(args) => setup::run(&args).map(done).map_err(Failure::from),
        Command::Migration(MigrationCommand::Generate(args)) => {
            generate::run(&args).map(done).map_err(Failure::from)
        }
        Command::Key(command) => key::run(&command).map_err(Failure::from),
        Command::Tenant(command) => {
            let mut dialogue = Dialogue { input, errors };
            tenant::run(&command, &program.settings, &mut dialogue).map_err(Failure::from)
        }
        Command::Check(args) => check::run(&args).map_err(Failure::from),
        Command::Doctor(args) => doctor::run(&args).map_err(Failure::from),
        Command::Observed(args) => observed::run(&args).map_err(Failure::from),
        Command::Export(args) => export::run(&args, errors).map_err(Failure::from),
        Command::Erase(args) => erase::run(&args, errors).map_err(Failure::from),
        Command::Backfill(args) => backfill::run(&args, errors).map_err(Failure::from),
        Command::Completion(args) => Ok(completion::run(&args, name)),
    };
    match done {
        Ok(Examined { report, notes, is_clean }) => {
            let _ = write!(errors, "{notes}");
            let _ = write!(output, "{report}");
            u8::from(!is_clean)
        }
        Err(failure) => {
            let _ = write!(errors, "{}", chain(&failure));
            failure.exit_code()
        }
    }
}

/// What is written, and whether it is good news.
struct Examined {
    report: String,
    notes: String,
    is_clean: bool,
}

/// A command that did what it was asked for.
fn done(report: String) -> Examined {
    Examined { report, notes: String::new(), is_clean: true }
}

#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Tenant(#[from] TenantCommandError),
    #[error(transparent)]
    Check(#[from] CheckCommandError),
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    #[error(transparent)]
    Observed(#[from] ObservedError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Erase(#[from] EraseError),
    #[error(transparent)]
    Backfill(#[from] BackfillError),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Generate(GenerateError::Registry(_))
            | Self::Check(CheckCommandError::Registry(_))
            | Self::Doctor(DoctorError::Registry(_) | DoctorError::Allow(_))
            | Self::Observed(_)
            | Self::Erase(EraseError::Unconfirmed { .. }) => 2,
            Self::Export(ExportError::Rows(refused)) | Self::Erase(EraseError::Rows(refused))
                if refused.is_of_arguments() =>
            {
                2
            }
            Self::Tenant(refused) if refused.is_of_arguments() => 2,
            Self::Backfill(refused) if refused.is_of_arguments() => 2,
            _ => 1,
        }
    }
}

/// The error and its causes, one a line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("  caused by: {error}\n"));
        cause = error.source();
    }
    text
}
