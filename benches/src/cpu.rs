//! Processor time, as Linux tells it.

use std::fs;
use std::sync::LazyLock;

use tenants_tests::server;

static POSTMASTER: LazyLock<Option<String>> = LazyLock::new(|| {
    let file = fs::read_to_string(server().directory().join("data/postmaster.pid")).ok()?;
    file.lines().next().map(|pid| pid.trim().to_owned())
});

/// The server's first process.
pub(crate) fn postmaster() -> Option<&'static str> {
    POSTMASTER.as_deref()
}

/// Seconds of processor time that this thread and the server's processes have had so far.
pub(crate) fn spent() -> Option<f64> {
    let postmaster = postmaster()?;
    let children = format!("/proc/{postmaster}/task/{postmaster}/children");
    let mut total = of("/proc/thread-self")?;
    for child in fs::read_to_string(children).ok()?.split_whitespace() {
        total += of(&format!("/proc/{child}"))?;
    }
    Some(total)
}

/// The first figure of `schedstat` is in nanoseconds.
fn of(process: &str) -> Option<f64> {
    let schedstat = fs::read_to_string(format!("{process}/schedstat")).ok()?;
    schedstat.split_whitespace().next()?.parse().ok().map(|time: f64| time / 1e9)
}
