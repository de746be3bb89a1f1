//! The directory that keeps fetched programs, which others must not be able to write.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{env, iter};

use crate::account;
use crate::fetch::FetchError;

const STICKY: u32 = 0o1000;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const OPEN_TO_ALL: u32 = 0o001;

/// Returns the cache directory, made if it is missing.
///
/// The first of `$XDG_CACHE_HOME`, `~/.cache` and the temporary directory that fits. Of root's
/// directories only those fit that another account can enter, because another account runs the
/// server; root's home often is not among them.
pub(crate) fn directory() -> Result<PathBuf, FetchError> {
    let uid = rustix::process::geteuid().as_raw();
    let in_home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let in_temp = account::temporary_directory().join(format!("tenants-throwaway-{uid}"));
    let candidates = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .into_iter()
        .chain(in_home)
        .filter(|base| base.is_absolute())
        .map(|base| base.join("tenants-throwaway"))
        .chain(iter::once(in_temp));

    let mut failure = FetchError::NoCache { source: ErrorKind::NotFound.into() };
    for directory in candidates {
        if !way_is_safe(&directory, uid) {
            continue;
        }
        match make(&directory) {
            Ok(()) if is_ours(&directory, uid) => return Ok(directory),
            Ok(()) => return Err(FetchError::Untrusted { directory }),
            Err(source) => failure = FetchError::NoCache { source },
        }
    }
    Err(failure)
}

fn make(directory: &Path) -> io::Result<()> {
    if let Some(parent) = directory.parent() {
        DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    match DirBuilder::new().mode(0o755).create(directory) {
        // The umask may have taken away what the server's account needs.
        Ok(()) => fs::set_permissions(directory, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Says whether the directory is one, not a link to one, and only we can write there.
fn is_ours(directory: &Path, uid: u32) -> bool {
    let ours = |found: Metadata| {
        found.is_dir() && found.uid() == uid && found.mode() & WRITABLE_BY_OTHERS == 0
    };
    fs::symlink_metadata(directory).is_ok_and(ours) && way_is_safe(directory, uid)
}

/// Says whether nobody else can exchange a directory above this one, as far as they exist, and
/// whether the server's account can pass through them.
fn way_is_safe(directory: &Path, uid: u32) -> bool {
    let safe = |ancestor: &Path| {
        fs::metadata(ancestor).is_ok_and(|found| {
            let closed = found.mode() & WRITABLE_BY_OTHERS == 0 || found.mode() & STICKY != 0;
            let owned = found.uid() == uid || found.uid() == 0;
            let passable = uid != 0 || found.mode() & OPEN_TO_ALL != 0;
            closed && owned && passable
        })
    };
    directory
        .ancestors()
        .skip(1)
        .find_map(|ancestor| ancestor.canonicalize().ok())
        .is_some_and(|existing| existing.ancestors().all(safe))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(name: &str, mode: u32) -> PathBuf {
        let directory = env::temp_dir().join(format!("throwaway-{name}-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        directory
    }

    #[test]
    fn accepts_only_what_nobody_else_can_write() {
        let uid = rustix::process::geteuid().as_raw();
        for (name, mode, expected) in
            [("closed", 0o755, true), ("group", 0o775, false), ("world", 0o1777, false)]
        {
            let directory = fresh(name, mode);
            assert_eq!(is_ours(&directory, uid), expected, "mode {mode:o}");
            fs::remove_dir(directory).unwrap();
        }
    }

    #[test]
    fn refuses_a_link_and_another_owner() {
        let uid = rustix::process::geteuid().as_raw();
        let directory = fresh("target", 0o755);
        let link = directory.with_extension("link");
        std::os::unix::fs::symlink(&directory, &link).unwrap();
        assert!(!is_ours(&link, uid));
        assert!(!is_ours(&directory, uid + 1));
        fs::remove_file(link).unwrap();
        fs::remove_dir(directory).unwrap();
    }

    #[test]
    fn refuses_a_way_that_others_can_change() {
        let uid = rustix::process::geteuid().as_raw();
        let directory = fresh("open", 0o777);
        assert!(!way_is_safe(&directory.join("a/b"), uid));
        fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        assert!(way_is_safe(&directory.join("a/b"), uid));
        fs::remove_dir(directory).unwrap();
    }
}
