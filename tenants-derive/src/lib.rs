//! `#[derive(WithRls)]`, re-exported by `tenants-diesel`.
use proc_macro::TokenStream;

/// placeholder while the workspace is laid out
#[proc_macro_derive(WithRls, attributes(diesel, tenants))]
pub fn with_rls(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
