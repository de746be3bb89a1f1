//! What the derive accepts. Each file stands for a crate of its own.

// Its structs are there to compile; no query fills them.
#![allow(dead_code)]

mod crate_renamed;
mod diesel_attributes;
mod empty_attribute;
mod generics;
mod global;
mod hardening;
mod names;
mod other_schema;
mod scopes;
mod several_structs;
mod strict_crate;
mod types;
