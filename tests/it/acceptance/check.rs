//! How a case is declared, and how it reports what it finds.

use futures_util::future::LocalBoxFuture;

/// A case that can be run on a database without protection too, where it must fail.
pub(super) type Check = Result<(), CheckError>;

/// A [`Finding`], or what went wrong on the way.
pub(super) type CheckError = Box<dyn std::error::Error + Send + Sync>;

/// The name of a case, and the case.
pub(super) type Case<World> =
    (&'static str, for<'world> fn(&'world World) -> LocalBoxFuture<'world, Check>);

/// What a case found wrong, as opposed to a statement that fails by accident.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding(pub(super) String);

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Finding {}

/// Ends a case with a [`Finding`] unless both sides are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr $(, $($context:tt)+)?) => {
        match (&$left, &$right) {
            (left, right) if left == right => {}
            (left, right) => {
                let context: &[String] = &[$(format!($($context)+))?];
                return Err($crate::acceptance::check::Finding(format!(
                    "{}:{}: {} is {left:?}, not {right:?} {}",
                    file!(), line!(), stringify!($left), context.concat(),
                )).into());
            }
        }
    };
}

/// Ends a case with a [`Finding`] unless the value has this shape.
macro_rules! ensure_matches {
    ($value:expr, $($pattern:tt)+) => {
        match &$value {
            $($pattern)+ => {}
            value => {
                return Err($crate::acceptance::check::Finding(format!(
                    "{}:{}: {} is {value:?}, not {}",
                    file!(), line!(), stringify!($value), stringify!($($pattern)+),
                )).into());
            }
        }
    };
}

/// Makes two tests of each case, one for each isolation mode, in a world of their own.
macro_rules! in_both_modes {
    ($($case:ident),+ $(,)?) => {
        $(mod $case {
            use tenants_diesel::Isolation;
            use super::World;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn shared_role() {
                super::$case(&World::new(Isolation::SharedRole).await).await.into_pass();
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn role_per_tenant() {
                super::$case(&World::new(Isolation::RolePerTenant).await).await.into_pass();
            }

            use $crate::acceptance::check::Outcome;
        })+
    };
}

/// `in_both_modes`, and the list of these cases for the mutation tests. They return a [`Check`], so
/// that what they find is told apart from what goes wrong on the way, which is a panic or another error.
macro_rules! isolation_cases {
    ($($case:ident),+ $(,)?) => {
        in_both_modes![$($case),+];

        pub(super) const CASES: &[$crate::acceptance::check::Case<World>] =
            &[$((stringify!($case), |world| Box::pin($case(world)))),+];
    };
}

/// What a case returns: nothing if it ends by a panic, or a [`Check`].
pub(super) trait Outcome: Sized {
    fn into_check(self) -> Check;

    fn into_pass(self) {
        if let Err(finding) = self.into_check() {
            panic!("{finding}");
        }
    }
}

impl Outcome for () {
    fn into_check(self) -> Check {
        Ok(())
    }
}

impl Outcome for Check {
    fn into_check(self) -> Check {
        self
    }
}
