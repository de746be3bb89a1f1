//! Two contestants side by side.

use std::time::Instant;

use crate::cpu;
use crate::request::Request;

/// How long to compare.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many times each contestant has a turn.
    pub rounds: u64,
    /// Requests in one turn.
    pub block: u64,
}

/// What each turn took.
#[derive(Debug, Default)]
pub struct Comparison {
    candidate: Turns,
    baseline: Turns,
}

/// Seconds for one request, on average, of each turn.
#[derive(Debug, Default)]
struct Turns {
    wall: Vec<f64>,
    /// Of this thread and the server together; empty where the system does not tell.
    cpu: Vec<f64>,
}

/// Lets a candidate and a baseline take turns, so that whatever else this machine does meets both.
pub async fn compare<R, S>(
    plan: Plan,
    request: fn(u64) -> Request,
    candidate: impl AsyncFn(Request) -> R,
    baseline: impl AsyncFn(Request) -> S,
) -> Comparison {
    let mut all = Comparison::default();
    // Connects, and fills the caches of statements and plans.
    turn(plan, request, 0, &candidate, &mut Turns::default()).await;
    turn(plan, request, 0, &baseline, &mut Turns::default()).await;
    for round in 0..plan.rounds {
        // The Thue-Morse sequence: each is first in half of the rounds, without a pattern.
        if round.count_ones() % 2 == 0 {
            turn(plan, request, round, &candidate, &mut all.candidate).await;
            turn(plan, request, round, &baseline, &mut all.baseline).await;
        } else {
            turn(plan, request, round, &baseline, &mut all.baseline).await;
            turn(plan, request, round, &candidate, &mut all.candidate).await;
        }
    }
    all
}

#[allow(clippy::cast_precision_loss, reason = "the number is small")]
async fn turn<R>(
    plan: Plan,
    request: fn(u64) -> Request,
    round: u64,
    contestant: &impl AsyncFn(Request) -> R,
    turns: &mut Turns,
) {
    let first = round * plan.block;
    let (start, cpu) = (Instant::now(), cpu::spent());
    for n in first..first + plan.block {
        std::hint::black_box(contestant(request(n)).await);
    }
    turns.wall.push(start.elapsed().as_secs_f64() / plan.block as f64);
    if let (Some(before), Some(after)) = (cpu, cpu::spent()) {
        turns.cpu.push((after - before) / plan.block as f64);
    }
}

impl Comparison {
    /// Adds the turns of another comparison of the same two.
    pub fn extend(&mut self, other: Self) {
        for (turns, more) in
            [(&mut self.candidate, other.candidate), (&mut self.baseline, other.baseline)]
        {
            turns.wall.extend(more.wall);
            turns.cpu.extend(more.cpu);
        }
    }

    /// The candidate's tenth percentile, in seconds.
    #[must_use]
    pub fn candidate(&self) -> f64 {
        quantile(&self.candidate.wall, 10)
    }

    /// The baseline's tenth percentile, in seconds.
    #[must_use]
    pub fn baseline(&self) -> f64 {
        quantile(&self.baseline.wall, 10)
    }

    /// The median of the rounds' ratios.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let rounds = self.candidate.wall.iter().zip(&self.baseline.wall);
        quantile(&rounds.map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>(), 2)
    }

    /// The ratio of the tenth percentiles: of turns that nothing disturbed.
    #[must_use]
    pub fn quiet_ratio(&self) -> f64 {
        self.candidate() / self.baseline()
    }

    /// The ratio of the tenth percentiles of processor time, of client and server together.
    ///
    /// Other programs on the machine hardly touch it. It is all that counts when the machine is
    /// busy, and says nothing about waiting.
    #[must_use]
    pub fn cpu_ratio(&self) -> Option<f64> {
        let (ours, theirs) = (&self.candidate.cpu, &self.baseline.cpu);
        let known = !ours.is_empty() && !theirs.is_empty();
        known.then(|| quantile(ours, 10) / quantile(theirs, 10))
    }
}

/// The value below which one `part`th of the values lies.
fn quantile(values: &[f64], part: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / part]
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn finds_quantiles_in_any_order() {
        let values: Vec<f64> = (0..11).rev().map(f64::from).collect();
        assert_eq!((quantile(&values, 2), quantile(&values, 10)), (5.0, 1.0));
        assert_eq!(quantile(&[3.0], 10), 3.0);
    }
}
