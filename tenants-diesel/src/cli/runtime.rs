//! The runtime of a command.

use std::io::{self, Write};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Runs a future to its end, on a thread of its own: a caller that is inside of a runtime already
/// could not start another one on its thread.
pub(super) fn block_on<F>(future: F) -> io::Result<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    thread::scope(|scope| end(start(scope, future)?))
}

/// The same for a future that tells, line by line, how far it is.
pub(super) fn block_on_telling<F>(
    errors: &mut dyn Write,
    work: impl FnOnce(Sender<String>) -> F,
) -> io::Result<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let (teller, told) = mpsc::channel();
    let future = work(teller);
    thread::scope(|scope| {
        let thread = start(scope, future)?;
        for line in told {
            // Who does not listen does not stop the work.
            let _ = writeln!(errors, "{line}");
        }
        end(thread)
    })
}

type Running<'scope, T> = ScopedJoinHandle<'scope, io::Result<T>>;

fn start<'scope, F>(
    scope: &'scope Scope<'scope, '_>,
    future: F,
) -> io::Result<Running<'scope, F::Output>>
where
    F: Future + Send + 'scope,
    F::Output: Send + 'scope,
{
    thread::Builder::new().name("tenants".into()).spawn_scoped(scope, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(future))
    })
}

fn end<T>(thread: Running<'_, T>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the command's thread ended early")))
}
