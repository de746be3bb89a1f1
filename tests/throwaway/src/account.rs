//! The account that runs the server: PostgreSQL refuses to run as root.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The user and group to switch to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Which account runs the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// The one that runs this process.
    Ourselves,
    /// Another one, since this process runs as root.
    Other(Account),
}

impl RunAs {
    /// Decides by this process's effective user; `None` if it is root and knows no other account.
    pub(crate) fn decide() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return Some(Self::Ourselves);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        unprivileged(&passwd).map(Self::Other)
    }
}

/// Returns the first account of `/etc/passwd` that fits, the most fitting name first.
///
/// `daemon` is for macOS, whose `nobody` has a negative number.
fn unprivileged(passwd: &str) -> Option<Account> {
    ["postgres", "nobody", "daemon"].iter().find_map(|name| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next() == Some(name);
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (named && uid != 0).then_some(Account { uid, gid })
        })
    })
}

/// Returns the temporary directory, unless that is root's own: the server's account must be able to
/// pass, and to remove there what it had.
pub(crate) fn temporary_directory() -> PathBuf {
    let directory = env::temp_dir();
    let allows =
        |path: &Path, bits: u32| fs::metadata(path).is_ok_and(|found| found.mode() & bits == bits);
    let fits = !rustix::process::geteuid().is_root()
        || (allows(&directory, 0o003) && directory.ancestors().all(|path| allows(path, 0o001)));
    if fits { directory } else { PathBuf::from("/tmp") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_postgres() {
        let passwd = "root:x:0:0::/root:/bin/sh\n\
                      nobody:x:65534:65533::/:/bin/false\n\
                      postgres:x:101:104::/var/lib/postgresql:/bin/sh\n";
        assert_eq!(unprivileged(passwd), Some(Account { uid: 101, gid: 104 }));
    }

    #[test]
    fn passes_over_what_it_cannot_use() {
        let passwd = "postgres:x:0:0::/:/bin/sh\nnobody:*:-2:-2::/:/bin/false\ndaemon:*:1:1::/:";
        assert_eq!(unprivileged(passwd), Some(Account { uid: 1, gid: 1 }));
        assert_eq!(unprivileged("root:x:0:0::/root:/bin/sh\nbroken"), None);
    }
}
