//! Generated text, word for word: `tests/golden`. `BLESS=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

/// A file or directory of `tests/golden`.
pub(crate) fn path(name: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Compares with a file of `tests/golden`.
pub(crate) fn assert_golden(name: impl AsRef<Path>, generated: &str) {
    let path = path(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, generated).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(generated, golden, "{}", path.display());
}
