//! The fail-closed rules of `docs/DESIGN.md`, by number. Each test first has the naive code fail in
//! the way that the rule prevents, and then shows that a pool of ours does not.
//!
//! Rule 11 needs PgBouncer: see `pooler`.

mod entering;
mod leaving;
mod settings;
mod transactions;
