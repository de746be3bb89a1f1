//! What an attack is, and how it may end.

use std::fmt;

use tenants_diesel::ScopeError;

/// An attempt of tenant `a` to see or change what is of tenant `b`.
///
/// What the texts may hold in braces is in [`Stage::fill`](super::stage::Stage::fill).
#[derive(Clone, Copy)]
pub(super) struct Attack {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) steps: &'static [Step],
    /// In the order of [`Mode::ALL`](super::stage::Mode::ALL), with statements sent as they are.
    pub(super) expected: [Outcome; 4],
    /// The same through a pool of ours, where that is different.
    pub(super) pooled: Option<[Outcome; 4]>,
    /// The first version of the server that has what is attacked.
    pub(super) since: u32,
    /// How it ends on servers that lack the fix of 2026: see [`is_fixed`].
    pub(super) unfixed: Option<Outcome>,
    /// The extension that it takes.
    pub(super) extension: Option<&'static str>,
    /// Whether both tenants get the same connection, one after the other.
    pub(super) is_handed_on: bool,
    /// Whether the pool has a login that an operator made by hand.
    pub(super) has_own_login: bool,
}

/// Who does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The attacker, in the scope of `a`: one statement.
    A(&'static str),
    /// The attacker: several statements in one message.
    Batch(&'static str),
    /// `b`, in a scope and on a connection of her own, and in one transaction unless she commits. Whoever makes
    /// this fail, hinders her.
    B(&'static str),
    /// What somebody else than `a` does, and `a` must learn nothing of: the attack is run once more without it.
    Secretly(Who, &'static str),
    /// `a` leaves the scope, and enters another one.
    Again,
    /// The owner of the tables, for what an attack needs.
    Owner(&'static str),
    /// The superuser, for what an attack needs.
    Root(&'static str),
}

/// Who does something secretly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// As [`Step::B`].
    Victim,
    /// The superuser, for what happens without tenants: statistics, files.
    Server,
}

/// How an attack ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server refuses, with this SQLSTATE.
    Blocked(State),
    /// The library refuses.
    Refused(ScopeError),
    /// The pool is not even built.
    NoPool,
    /// It runs, and neither shows nor changes anything of `b`.
    OwnRows,
    /// It succeeds, and `docs/SECURITY.md` says so.
    Open(Harm),
    /// The server has no such feature.
    NotApplicable,
}

/// What an attack does to `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// Shows what `b` stored.
    Read,
    /// Changes rows of `b`, or what all tenants share.
    Write,
    /// Shows that `b` did something.
    Oracle,
    /// Makes statements of `b` fail.
    Hindrance,
}

/// A SQLSTATE, which Diesel hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State(pub(super) Option<[u8; 5]>);

pub(super) use Harm::{Hindrance, Oracle, Read, Write};
pub(super) use Outcome::{NoPool, NotApplicable, Open, OwnRows};
pub(super) use Step::{A, Again, B, Batch, Owner, Root, Secretly};
pub(super) use Who::{Server, Victim};

/// What the library says when an attack left its scope.
pub(super) const LOST: Outcome = Outcome::Refused(ScopeError::ScopeLost);
/// The same, sent as it is.
pub(super) const LOST_RAW: Outcome = blocked("TN006");
/// What the library says to several statements in one message.
pub(super) const BATCH: Outcome = Outcome::Refused(ScopeError::BatchRefused);
/// What it says to a raw `COMMIT` and the like.
pub(super) const CONTROL: Outcome = Outcome::Refused(ScopeError::TransactionControl);
/// What it says where guards ask for a signature, and there is another one.
pub(super) const FORGED: Outcome = Outcome::Refused(ScopeError::SignatureInvalid);
/// The same, where there is none.
pub(super) const UNSIGNED: Outcome = Outcome::Refused(ScopeError::NotSigned);
/// Insufficient privilege, or a row that a policy refuses.
pub(super) const DENIED: Outcome = blocked("42501");

pub(super) const fn blocked(state: &str) -> Outcome {
    let [a, b, c, d, e] = state.as_bytes() else { panic!("a SQLSTATE has five characters") };
    Outcome::Blocked(State(Some([*a, *b, *c, *d, *e])))
}

/// The server refuses, and Diesel does not say why.
pub(super) const BLOCKED: Outcome = Outcome::Blocked(State(None));

/// In all modes.
pub(super) const fn every(outcome: Outcome) -> [Outcome; 4] {
    [outcome; 4]
}

/// With a shared role, and with a role for each tenant.
pub(super) const fn by_role(shared: Outcome, per_tenant: Outcome) -> [Outcome; 4] {
    [shared, shared, per_tenant, per_tenant]
}

/// Without signatures, and with them.
pub(super) const fn until_signed(unsigned: Outcome, signed: Outcome) -> [Outcome; 4] {
    [unsigned, signed, unsigned, signed]
}

pub(super) const fn attack(
    id: &'static str,
    title: &'static str,
    steps: &'static [Step],
    expected: [Outcome; 4],
) -> Attack {
    Attack {
        id,
        title,
        steps,
        expected,
        pooled: None,
        since: 0,
        unfixed: None,
        extension: None,
        is_handed_on: false,
        has_own_login: false,
    }
}

/// Whether a server has the fixes of CVE-2026-116311 (`DROP OWNED BY` drops others' policies) and of
/// CVE-2026-120154 (`ON CONFLICT DO UPDATE .. WHERE` reads hidden rows).
pub(super) fn is_fixed(version: u32) -> bool {
    match version / 10_000 {
        14 => version >= 140_025,
        15 => version >= 150_020,
        16 => version >= 160_016,
        17 => version >= 170_012,
        18 => version >= 180_007,
        _ => true,
    }
}

impl Attack {
    /// What a pool of ours makes of it.
    pub(super) const fn pooled(mut self, outcome: Outcome) -> Self {
        self.pooled = Some([outcome; 4]);
        self
    }

    /// Diesel has no way to take the answer.
    pub(super) const fn raw_only(self) -> Self {
        self.pooled(NotApplicable)
    }

    pub(super) fn is_raw_only(&self) -> bool {
        self.pooled == Some(every(NotApplicable))
    }

    /// The same, where it is not the same in all modes.
    pub(super) const fn pooled_by_mode(mut self, outcomes: [Outcome; 4]) -> Self {
        self.pooled = Some(outcomes);
        self
    }

    /// Needs this version of the server, as `server_version_num` has it.
    pub(super) const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    /// Ends otherwise on servers without the fixes that came together.
    pub(super) const fn unfixed(mut self, outcome: Outcome) -> Self {
        self.unfixed = Some(outcome);
        self
    }

    /// How it must end without this library, and through a pool.
    pub(super) fn expected_on(&self, version: u32, mode: usize) -> [Outcome; 2] {
        match self.unfixed {
            Some(outcome) if !is_fixed(version) => [outcome, outcome.through_diesel()],
            _ => {
                let pooled = self.pooled.unwrap_or(self.expected)[mode];
                [self.expected[mode], pooled.through_diesel()]
            }
        }
    }

    /// Needs an extension, which it makes itself.
    pub(super) const fn with(mut self, extension: &'static str) -> Self {
        self.extension = Some(extension);
        self
    }

    /// The login is one that the operator made: `{login}`.
    pub(super) const fn by_own_login(mut self) -> Self {
        self.has_own_login = true;
        self
    }

    /// The tenants take turns on one connection.
    pub(super) const fn handed_on(mut self) -> Self {
        self.is_handed_on = true;
        self
    }

    /// The steps between two changes of the connection's holder: whether it is `a`, and what is done.
    pub(super) fn checkouts(&self) -> Vec<(bool, Vec<Step>)> {
        let mut checkouts: Vec<(bool, Vec<Step>)> = Vec::new();
        let mut is_again = false;
        for step in self.steps {
            let is_a = match step {
                A(_) | Batch(_) => true,
                B(_) => false,
                Again => {
                    is_again = true;
                    continue;
                }
                Secretly(..) | Owner(_) | Root(_) => continue,
            };
            match checkouts.last_mut() {
                Some((holder, steps)) if *holder == is_a && !is_again => steps.push(*step),
                _ => checkouts.push((is_a, vec![*step])),
            }
            is_again = false;
        }
        checkouts
    }

    pub(super) fn is_secret(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Secretly(..)))
    }

    /// Whether it needs a database of its own.
    pub(super) fn is_prepared(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Owner(_) | Root(_)))
            || self.has_own_login
            || self.extension.is_some()
    }
}

impl Outcome {
    /// As it looks through Diesel.
    pub(super) fn through_diesel(self) -> Self {
        match self {
            LOST_RAW => LOST,
            Self::Blocked(_) => BLOCKED,
            other => other,
        }
    }

    /// How bad it is, where the same attack ends in several ways.
    pub(super) fn weight(self) -> u8 {
        match self {
            Self::Open(_) => 2,
            Self::OwnRows => 1,
            _ => 0,
        }
    }

    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Open(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked(State(Some(state))) => {
                write!(f, "blocked {}", String::from_utf8_lossy(state))
            }
            Self::Blocked(State(None)) => f.write_str("blocked"),
            Self::Refused(error) => write!(f, "refused `{error:?}`"),
            Self::NoPool => f.write_str("refused by `build`"),
            Self::OwnRows => f.write_str("own rows"),
            Self::Open(harm) => write!(f, "**open: {harm}**"),
            Self::NotApplicable => f.write_str("–"),
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Oracle => "oracle",
            Self::Hindrance => "hindrance",
        })
    }
}
