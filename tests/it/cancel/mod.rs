//! Futures that are dropped before they are done, and connections that end before their users.
//!
//! No test waits for a time: a future is dropped after a number of polls, or when the server is seen
//! at work on its statement.

mod dropped;
mod ended;
mod every_await;
mod leaving;
mod statement;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::raw::Raw;

/// Polls a future this many times, each time when it asks for it, and then drops it.
pub(crate) async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| {
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops a future when the server is at work on a statement that holds this text.
pub(crate) async fn drop_when_active<F: Future>(watcher: &Raw, text: &str, future: F) {
    tokio::select! {
        _ = future => panic!("nothing was there to be dropped"),
        () = until_active(watcher, text, true) => {}
    }
}

/// Waits until the server is at work on a statement that holds this text, or no longer.
pub(crate) async fn until_active(watcher: &Raw, text: &str, expected: bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let at_work = active(watcher, text).await;
        if at_work.len() == usize::from(expected) {
            return;
        }
        assert!(Instant::now() < deadline, "{text}: {at_work:?}, expected to run is {expected}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The server processes of this database that are at work on such a statement.
async fn active(watcher: &Raw, text: &str) -> Vec<String> {
    let sql = format!(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND state = 'active' AND strpos(query, '{text}') > 0"
    );
    watcher.rows(&sql).await.unwrap()
}
