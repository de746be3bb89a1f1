//! `#[derive(WithRls)]`, re-exported and documented by `tenants-diesel`.
//!
//! `attr` reads the attributes, `model` holds the rules, `expand` writes the code.

mod attr;
mod expand;
mod model;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[allow(missing_docs, reason = "rustdoc would append it to the text of the re-export")]
#[proc_macro_derive(WithRls, attributes(diesel, tenants))]
pub fn with_rls(input: TokenStream) -> TokenStream {
    let item = parse_macro_input!(input as DeriveInput);
    expand::with_rls(&item).into()
}
