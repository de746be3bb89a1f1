//! Async closures whose future is `Send`.

use std::future::Future;

/// An async closure that takes a `T` and whose future [`Fut`](Self::Fut) can be bounded.
///
/// Implemented for every such closure. `AsyncFnOnce` alone cannot say yet that its future is
/// `Send`; diesel-async has the same trait, without a public name.
pub trait AsyncClosure<T, R>:
    AsyncFnOnce(T) -> R + FnOnce(T) -> <Self as AsyncClosure<T, R>>::Fut
{
    /// The future that the closure returns.
    type Fut: Future<Output = R>;
}

impl<F, T, Fut, R> AsyncClosure<T, R> for F
where
    F: AsyncFnOnce(T) -> R + FnOnce(T) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
