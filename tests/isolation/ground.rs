//! A database on which attacks run one after the other, each as if it were new.

use tenants_tests::SUPERUSER;

use super::attack::{Attack, Outcome, Step};
use super::attempt::attempt;
use super::doors::{Door, Way};
use super::stage::Stage;

/// A database, and the ways to it.
pub(super) struct Ground {
    pub(super) stage: Stage,
    /// Those that were opened. What is missing then is a pool that refuses this database.
    doors: [Option<Option<Door>>; Way::ALL.len()],
    fresh: String,
}

impl Ground {
    /// A copy of a template, of which an operator may make something else first.
    pub(super) async fn new(template: &Stage, prepared_for: Option<&Attack>) -> Self {
        let mut stage = template.copy().await;
        if let Some(attack) = prepared_for {
            prepare(&mut stage, attack).await;
        }
        let fresh = stage.whole_state().await;
        Self { stage, doors: [const { None }; Way::ALL.len()], fresh }
    }

    async fn is_fresh(&self) -> bool {
        self.stage.whole_state().await == self.fresh
    }

    /// How an attack ends in each way.
    async fn run(&mut self, template: &Stage, attack: &Attack) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for number in 0..Way::ALL.len() {
            outcomes.push(self.run_one(template, attack, number).await);
        }
        outcomes
    }

    /// How it ends without this library.
    pub(super) async fn run_raw(&mut self, template: &Stage, attack: &Attack) -> Outcome {
        self.run_one(template, attack, 0).await
    }

    /// Behind an attack that cannot be taken back, the database is made anew.
    async fn run_one(&mut self, template: &Stage, attack: &Attack, number: usize) -> Outcome {
        let way = Way::ALL[number];
        if self.doors[number].is_none() {
            self.doors[number] = Some(way.open(&self.stage).await.ok());
        }
        let outcome = match self.doors[number].as_ref().and_then(Option::as_ref) {
            _ if way != Way::Raw && attack.is_raw_only() => Outcome::NotApplicable,
            Some(door) => attempt(&self.stage, attack, door).await,
            None => Outcome::NoPool,
        };
        let is_back =
            self.is_fresh().await || (self.stage.reset().await.is_ok() && self.is_fresh().await);
        if !is_back {
            let prepared_for = attack.is_prepared().then_some(attack);
            let used = std::mem::replace(self, Self::new(template, prepared_for).await);
            used.stage.remove().await;
        }
        outcome
    }
}

/// How attacks end, each in all ways.
pub(super) async fn outcomes(
    template: &Stage,
    attacks: impl Iterator<Item = &'static Attack>,
) -> Vec<Vec<Outcome>> {
    let mut shared = Ground::new(template, None).await;
    let mut all = Vec::new();
    for attack in attacks {
        let is_there = template.version >= attack.since && shared.stage.has(attack.extension).await;
        all.push(if !is_there {
            vec![Outcome::NotApplicable; Way::ALL.len()]
        } else if attack.is_prepared() {
            let mut own = Ground::new(template, Some(attack)).await;
            let outcomes = own.run(template, attack).await;
            own.stage.remove().await;
            outcomes
        } else {
            shared.run(template, attack).await
        });
    }
    shared.stage.remove().await;
    all
}

async fn prepare(stage: &mut Stage, attack: &Attack) {
    if attack.has_own_login {
        stage.make_login().await;
    }
    if let Some(extension) = attack.extension {
        stage.db.run(SUPERUSER, &format!("CREATE EXTENSION {extension}")).await;
    }
    for step in attack.steps {
        match *step {
            Step::Owner(text) => stage.db.run("owner", &stage.fill(text)).await,
            Step::Root(text) => stage.db.run(SUPERUSER, &stage.fill(text)).await,
            _ => {}
        }
    }
}
