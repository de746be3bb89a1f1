//! The commands, for a program that stores tenants in a way of its own.

use std::ffi::OsString;
use std::io::{BufRead, Write};

use tenants_core::store::ReservedSlugs;

use crate::store::{SecretCodec, Settings};

/// The commands, told what the program's [`DatabaseStore`](crate::store::DatabaseStore) is told.
///
/// # Examples
///
/// ```no_run
/// use tenants_diesel::cli::Program;
/// use tenants_diesel::store::ReservedSlugs;
///
/// fn main() {
///     Program::new().reserved_slugs(ReservedSlugs::default().and(["shop"])).run()
/// }
/// ```
#[derive(Debug, Default)]
pub struct Program {
    pub(super) settings: Settings,
}

impl Program {
    /// The commands as [`run`](super::run) runs them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reserves other slugs.
    #[must_use]
    pub fn reserved_slugs(self, reserved: ReservedSlugs) -> Self {
        Self { settings: self.settings.with_reserved(reserved) }
    }

    /// Seals URLs of databases before they are stored: as the program's store does, which could not read them
    /// otherwise.
    #[must_use]
    pub fn codec(self, codec: impl SecretCodec + 'static) -> Self {
        Self { settings: self.settings.with_codec(codec) }
    }

    /// Runs the command that the program's arguments name, and exits: [`run`](super::run).
    pub fn run(&self) -> ! {
        if let Err(error) = dotenvy::dotenv() {
            if !error.not_found() {
                // The reason would quote the line, which may hold a password.
                let _ = writeln!(std::io::stderr(), "error: the file `.env` cannot be read");
                std::process::exit(2);
            }
        }
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
        let code =
            self.run_with(std::env::args_os(), &mut input, &mut output, &mut std::io::stderr());
        std::process::exit(code.into())
    }

    /// Runs the command that the arguments name, the first being the program itself; returns the exit code:
    /// [`run_with`](super::run_with). A command that asks for something reads the answer from `input`.
    pub fn run_with(
        &self,
        args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
        input: &mut dyn BufRead,
        output: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> u8 {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        super::run_command(self, &args, input, output, errors)
    }
}
