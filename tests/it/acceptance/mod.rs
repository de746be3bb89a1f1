//! The acceptance cases: `a..` holds as in sqlalchemy-tenants, `ax_..` is what that library was
//! measured to do beyond its own tests, `n..` is what it fails.
//!
//! The text of a case is written once and compiled for each kind of pool: [`async_pool`] lists the
//! files, and defines the names in which pools differ. Most cases run in both isolation modes.
//! [`mutation`](async_pool::mutation) takes the protection away piece by piece and shows which
//! cases notice.

#[macro_use]
mod check;
mod async_pool;
mod ready;
mod sync_pool;
