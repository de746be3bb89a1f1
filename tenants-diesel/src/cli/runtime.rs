//! The runtime of a command.

use std::io;
use std::thread;

/// Runs a future to its end, on a thread of its own: a caller that is inside of a runtime already
/// could not start another one on its thread.
pub(super) fn block_on<F>(future: F) -> io::Result<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("tenants".into()).spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(runtime.block_on(future))
        })?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the command's thread ended early")))
    })
}
