//! What is said about arguments that are refused.
//!
//! A URL with a password may stand where it does not belong: behind the wrong argument, or in the
//! place of a command. So nothing that was passed is repeated, but what can only be a flag.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What clap quotes of the command line; the rest of its context is made of declared names.
const QUOTED: [ContextKind; 5] = [
    ContextKind::InvalidArg,
    ContextKind::InvalidSubcommand,
    ContextKind::InvalidValue,
    ContextKind::TrailingArg,
    // "to pass '..' as a value, use '-- ..'"
    ContextKind::Suggested,
];

/// The message, with the remedy and the usage, or the help that was asked for.
pub(super) fn message(mut refused: Error) -> String {
    let mut hides = false;
    for kind in QUOTED {
        let hidden = match refused.get(kind) {
            None => continue,
            Some(_) if kind == ContextKind::InvalidArg && is_known(&refused) => continue,
            Some(ContextValue::String(_)) => ContextValue::String("..".to_owned()),
            Some(_) => ContextValue::None,
        };
        hides = true;
        refused.insert(kind, hidden);
    }
    let reason = if hides { "What was passed is not shown: it may hold a password.\n" } else { "" };
    format!("{refused}{reason}")
}

/// Says whether the argument is declared, or written like a flag: `--name`.
fn is_known(refused: &Error) -> bool {
    if refused.kind() != ErrorKind::UnknownArgument {
        return true;
    }
    match refused.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument
            .strip_prefix("--")
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')),
        _ => false,
    }
}
