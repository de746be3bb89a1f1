//! One run of an attack, in one mode and one way, and what came of it.

use diesel::deserialize::{self, QueryableByName};
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::row::{Field, NamedRow, Row};
use diesel::sql_query;
use tenants_diesel::{ScopeError, TenantConnection, sync};

use super::attack::{Attack, Harm, Outcome, State, Step, Who};
use super::doors::Door;
use super::stage::Stage;
use crate::raw::Raw;

/// Lets `a` attack, and tells how it ended.
pub(super) async fn attempt(stage: &Stage, attack: &Attack, door: &Door) -> Outcome {
    if attack.is_handed_on {
        let seen = door.hand_on(stage, attack).await;
        return seen
            .into_iter()
            .map(|seen| seen.outcome(None))
            .max_by_key(|outcome| outcome.weight())
            .unwrap();
    }
    let seen = door.pass(stage, attack, Secret::Told).await;
    let without = if attack.is_secret() && seen.harm().is_none() {
        stage.reset().await.unwrap();
        Some(door.pass(stage, attack, Secret::Kept).await)
    } else {
        None
    };
    seen.outcome(without.as_ref())
}

/// Whether `b` does what `a` must learn nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    Told,
    Kept,
}

/// What `a` saw and did.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lines: Vec<String>,
    /// The first error that `a` met.
    error: Option<Outcome>,
    /// What `a` must not change, before the attack.
    before: String,
    changed: bool,
    hindered: bool,
    acted: bool,
}

impl Seen {
    pub(super) async fn beginning(stage: &Stage) -> Self {
        Self { before: stage.state().await, ..Self::default() }
    }

    fn harm(&self) -> Option<Harm> {
        let shows = |mark| self.lines.iter().any(|line| line.contains(mark));
        if shows("SECRET_B") {
            Some(Harm::Read)
        } else if shows("KNOWN_B") {
            Some(Harm::Oracle)
        } else if self.changed {
            Some(Harm::Write)
        } else if self.hindered {
            Some(Harm::Hindrance)
        } else {
            None
        }
    }

    fn outcome(&self, without: Option<&Self>) -> Outcome {
        let differs = without.is_some_and(|without| without.lines != self.lines);
        match (self.harm(), differs, self.error) {
            (Some(harm), ..) => Outcome::Open(harm),
            (None, true, _) => Outcome::Open(Harm::Oracle),
            (None, false, Some(error)) => error,
            (None, false, None) => Outcome::OwnRows,
        }
    }

    fn take(&mut self, answer: Answered) {
        self.lines.extend(answer.lines);
        self.error = self.error.or(answer.error);
    }

    /// Ends a transaction without this library, and takes what came to this connection meanwhile.
    pub(super) async fn leave(&mut self, a: &mut Raw, commit: &str) {
        let ended = a.send(commit, true).await;
        self.error = self.error.or(ended.error);
        self.lines.extend(a.heard());
    }

    /// Sends what one tenant does while holding the connection that both share.
    pub(super) async fn hold(
        &mut self,
        stage: &Stage,
        (is_a, steps): &(bool, Vec<Step>),
        holder: &mut impl Attacker,
    ) {
        for step in steps {
            let (Step::A(text) | Step::Batch(text) | Step::B(text)) = *step else { continue };
            let batch = matches!(step, Step::Batch(_));
            let answered = holder.send(&stage.fill(text), batch).await;
            self.told(*is_a, answered);
        }
    }

    /// Takes an answer to one of the two. `b` must not see what `a` planted, nor be hindered, once `a` was there.
    pub(super) fn told(&mut self, is_a: bool, answered: Answered) {
        if is_a {
            self.acted = true;
            self.take(answered);
        } else if self.acted {
            self.changed |= answered.lines.iter().any(|line| line.contains("PLANTED"));
            self.hindered |= answered.error.is_some();
        } else {
            // What `b` was to leave behind may be refused already.
            self.error = self.error.or(answered.error);
        }
    }

    /// Takes what `pool.transaction` returned.
    pub(super) fn end(&mut self, is_a: bool, result: Result<(), DieselError>) {
        self.told(is_a, Answered::of(result.map(|()| Vec::new())));
    }

    /// Looks at what was changed.
    pub(super) async fn look(&mut self, stage: &Stage) {
        self.changed |= stage.state().await != self.before;
    }
}

/// All but `a`.
pub(super) struct Others<'a> {
    stage: &'a Stage,
    b: Option<Raw>,
}

impl<'a> Others<'a> {
    pub(super) fn new(stage: &'a Stage) -> Self {
        Self { stage, b: None }
    }

    /// Plays an attack, in which `a` acts through `attacker`.
    pub(super) async fn play(
        &mut self,
        attack: &Attack,
        secret: Secret,
        attacker: &mut impl Attacker,
    ) -> Seen {
        let mut seen = Seen::default();
        for step in attack.steps {
            match *step {
                Step::A(text) | Step::Batch(text) => {
                    if seen.before.is_empty() {
                        seen.before = self.stage.state().await;
                    }
                    let text = self.stage.fill(text);
                    let batch = matches!(step, Step::Batch(_));
                    seen.take(attacker.send(&text, batch).await);
                }
                Step::Secretly(..) if secret == Secret::Kept => {}
                Step::Secretly(Who::Server, text) => {
                    self.stage.root().await.run(&self.stage.fill(text)).await.unwrap();
                }
                Step::B(text) | Step::Secretly(Who::Victim, text) => {
                    let text = self.stage.fill(text);
                    let done = self.b().await.run(&text).await;
                    assert!(done.is_ok() || !seen.before.is_empty(), "{}: {done:?}", attack.id);
                    seen.hindered |= done.is_err();
                }
                Step::Again => panic!("{}: only where connections are handed on", attack.id),
                Step::Owner(_) | Step::Root(_) => {}
            }
        }
        seen
    }

    /// `b` on a connection of her own. She waits for nobody for long.
    async fn b(&mut self) -> &Raw {
        if self.b.is_none() {
            let raw = self.stage.scoped("app_login", &self.stage.b).await;
            raw.run("SET lock_timeout = '300ms'").await.unwrap();
            self.b = Some(raw);
        }
        self.b.as_ref().unwrap()
    }

    /// Looks at what was changed, when `a` is done.
    pub(super) async fn look(&self, seen: &mut Seen) {
        if let Some(b) = &self.b {
            let _ = b.run("ROLLBACK").await;
        }
        seen.look(self.stage).await;
    }
}

/// How the statements of `a` reach the server.
pub(super) trait Attacker {
    async fn send(&mut self, text: &str, batch: bool) -> Answered;
}

/// What a statement of `a` was answered.
#[derive(Debug, Default)]
pub(super) struct Answered {
    lines: Vec<String>,
    error: Option<Outcome>,
}

impl Attacker for Raw {
    async fn send(&mut self, text: &str, _: bool) -> Answered {
        let is_copy = text.starts_with("COPY") && text.ends_with("TO STDOUT");
        let answer = if is_copy { self.copied(text).await } else { self.answer(text).await };
        let mut lines = answer.lines;
        let error = answer.error.map(|error| {
            let Some(told) = error.as_db_error() else {
                lines.push(error.to_string());
                return Outcome::Blocked(State(None));
            };
            let detail = told.detail().unwrap_or_default();
            lines.push(format!("{}: {} {detail}", told.code().code(), told.message()));
            Outcome::Blocked(State(told.code().code().as_bytes().try_into().ok()))
        });
        Answered { lines, error }
    }
}

impl Attacker for TenantConnection {
    async fn send(&mut self, text: &str, batch: bool) -> Answered {
        use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
        Answered::of(if batch {
            self.batch_execute(text).await.map(|()| Vec::new())
        } else {
            sql_query(text).load(self).await
        })
    }
}

impl Attacker for sync::TenantConnection {
    async fn send(&mut self, text: &str, batch: bool) -> Answered {
        use diesel::RunQueryDsl;
        use diesel::connection::SimpleConnection;
        Answered::of(if batch {
            self.batch_execute(text).map(|()| Vec::new())
        } else {
            sql_query(text).load(self)
        })
    }
}

impl Answered {
    /// What was said to a message of the library's own.
    pub(super) fn without_lines(self) -> Self {
        Self { lines: Vec::new(), ..self }
    }

    fn of(result: Result<Vec<Anything>, DieselError>) -> Self {
        match result {
            Ok(rows) => {
                Self { lines: rows.into_iter().map(|Anything(line)| line).collect(), error: None }
            }
            Err(error) => {
                let refusal = ScopeError::of(&error).map(Outcome::Refused);
                Self {
                    lines: vec![error.to_string()],
                    error: Some(refusal.unwrap_or(Outcome::Blocked(State(None)))),
                }
            }
        }
    }
}

/// A row of whatever columns, as the bytes that came: a text is one, inside of other types as well.
struct Anything(String);

impl QueryableByName<Pg> for Anything {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let text = |at| match Row::get(row, at)?.value() {
            Some(value) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
            None => Some("NULL".to_owned()),
        };
        let columns: Vec<String> = (0..row.field_count()).filter_map(text).collect();
        Ok(Self(columns.join("|")))
    }
}
