//! placeholder
mod scratch;
fn main() {}
