//! `tenants completion`.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use super::{Examined, done};

/// Writes a script that completes the commands and options of this program in a shell.
///
/// For bash, put `source <(tenants completion bash)` into `~/.bashrc`. The script is for the name that the program was
/// called by.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionArgs, program: Option<&OsStr>) -> Examined {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), name(program), &mut script);
    done(String::from_utf8_lossy(&script).into_owned())
}

/// The name that the program was called by. It becomes a part of the script, so one that a shell could read as
/// something else is not taken.
fn name(program: Option<&OsStr>) -> &str {
    let name = program.and_then(|program| Path::new(program).file_name()).and_then(OsStr::to_str);
    let name = name.map(|name| name.strip_suffix(EXE_SUFFIX).unwrap_or(name));
    let is_plain = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    name.filter(is_plain).unwrap_or("tenants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_for_the_name_of_the_program() {
        for (program, expected) in [
            ("tenants", "tenants"),
            ("/opt/shop/bin/shop-tenants", "shop-tenants"),
            ("a;rm -rf .", "tenants"),
            ("$(id)", "tenants"),
            ("-x", "tenants"),
            ("", "tenants"),
        ] {
            assert_eq!(name(Some(OsStr::new(program))), expected);
        }
        assert_eq!(name(None), "tenants");
    }
}
