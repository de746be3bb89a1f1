//! An application that goes on with its work while its database is changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// What waits between two pieces of work of one thread, so that the machine is busy and not exhausted.
const REST: Duration = Duration::from_millis(2);
const STEPS: usize = 200;

/// What each step of the change meant for the application.
#[derive(Debug)]
struct Seen {
    step: AtomicUsize,
    /// Microseconds of the longest statement that began in a step.
    longest: [AtomicU64; STEPS],
    statements: [AtomicU64; STEPS],
    failed: AtomicU64,
    ends: AtomicBool,
    /// Whether the application names the tenant of new rows.
    names_tenant: AtomicBool,
    next_id: AtomicI64,
}

/// Threads that read and write by primary key.
#[derive(Debug)]
pub(crate) struct Load {
    seen: Arc<Seen>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    Read,
    Write,
    Transaction,
}

impl Load {
    pub(crate) fn start(url: &str, rows: i64) -> Self {
        let seen = Arc::new(Seen {
            step: AtomicUsize::new(0),
            longest: [const { AtomicU64::new(0) }; STEPS],
            statements: [const { AtomicU64::new(0) }; STEPS],
            failed: AtomicU64::new(0),
            ends: AtomicBool::new(false),
            names_tenant: AtomicBool::new(false),
            next_id: AtomicI64::new(rows + 1),
        });
        let work = [Work::Read, Work::Read, Work::Write, Work::Write, Work::Transaction];
        let threads = work.into_iter().zip(1..).map(|(work, seed)| {
            let (seen, url) = (Arc::clone(&seen), url.to_owned());
            thread::spawn(move || Worker::new(&url, seen, rows, seed).run(work))
        });
        Self { threads: threads.collect(), seen }
    }

    /// What begins from now on belongs to the next step.
    pub(crate) fn next_step(&self) {
        let step = self.seen.step.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(step < STEPS, "too many steps");
    }

    /// A new version of the application, whose rows have a tenant or have none.
    pub(crate) fn name_tenant(&self, names: bool) {
        self.seen.names_tenant.store(names, Ordering::SeqCst);
        // Whatever the old one has begun comes to its end.
        thread::sleep(Duration::from_millis(200));
    }

    /// The longest statement that began in the step, and how many began.
    pub(crate) fn of_step(&self) -> (Duration, u64) {
        // One that began may not have ended: it is met by what it waits for, which has.
        thread::sleep(Duration::from_millis(300));
        let step = self.seen.step.load(Ordering::SeqCst);
        let longest = self.seen.longest[step].load(Ordering::SeqCst);
        (Duration::from_micros(longest), self.seen.statements[step].load(Ordering::SeqCst))
    }

    /// Ends the application; returns how many of its statements failed, and what the longest one took that began
    /// behind the first step, also if it ended long after its own.
    pub(crate) fn end(self) -> (u64, Duration) {
        self.seen.ends.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().expect("the application runs to its end");
        }
        let longest = self.seen.longest.iter().skip(2).map(|step| step.load(Ordering::SeqCst));
        let longest = Duration::from_micros(longest.max().unwrap_or_default());
        (self.seen.failed.load(Ordering::SeqCst), longest)
    }
}

struct Worker {
    connection: PgConnection,
    seen: Arc<Seen>,
    rows: i64,
    /// Of a linear congruential generator.
    state: u64,
}

impl Worker {
    fn new(url: &str, seen: Arc<Seen>, rows: i64, seed: u64) -> Self {
        let connection = PgConnection::establish(url).expect("the application connects");
        Self { connection, seen, rows, state: seed }
    }

    fn run(mut self, work: Work) {
        while !self.seen.ends.load(Ordering::SeqCst) {
            let id = self.id();
            match work {
                Work::Read => self.statement(&format!("SELECT title FROM posts WHERE id = {id}")),
                Work::Write => {
                    self.statement(&format!("UPDATE posts SET title = 'changed' WHERE id = {id}"));
                }
                Work::Transaction => self.transaction(id),
            }
            thread::sleep(REST);
        }
    }

    fn transaction(&mut self, id: i64) {
        let new = self.seen.next_id.fetch_add(1, Ordering::SeqCst);
        let insert = match self.seen.names_tenant.load(Ordering::SeqCst) {
            true => format!(
                "INSERT INTO posts (id, account, title, tenant) VALUES ({new}, 7, 'new', 't7')"
            ),
            false => format!("INSERT INTO posts (id, account, title) VALUES ({new}, 7, 'new')"),
        };
        self.statement("BEGIN");
        self.statement(&format!("SELECT title FROM posts WHERE id = {id} FOR UPDATE"));
        self.statement(&format!("UPDATE posts SET title = 'changed' WHERE id = {id}"));
        self.statement(&insert);
        self.statement("COMMIT");
    }

    fn statement(&mut self, sql: &str) {
        let step = self.seen.step.load(Ordering::SeqCst);
        let begun = Instant::now();
        if let Err(error) = self.connection.batch_execute(sql) {
            eprintln!("the application: {error}: {sql}");
            self.seen.failed.fetch_add(1, Ordering::SeqCst);
        }
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.seen.longest[step].fetch_max(took, Ordering::SeqCst);
        self.seen.statements[step].fetch_add(1, Ordering::SeqCst);
    }

    #[allow(clippy::cast_possible_wrap, reason = "the upper bits are cut off")]
    fn id(&mut self) -> i64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        1 + (self.state >> 33) as i64 % self.rows
    }
}
