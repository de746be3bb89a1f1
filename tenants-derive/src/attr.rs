//! Reads the attributes of a struct, each entry by itself, so that one mistake hides no other entry.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Ident, LitStr, Meta, Path, Result, Token, parse_quote};

/// What the attributes of a struct say; [`crate::model`] decides what of it fits together.
pub(crate) struct Attributes {
    /// The entries of all `#[tenants(..)]`.
    pub(crate) entries: Vec<Result<Entry>>,
    /// The values of all `#[diesel(table_name = ..)]`.
    pub(crate) tables: Vec<Result<Path>>,
}

/// An entry of `#[tenants(..)]`.
pub(crate) struct Entry {
    /// Its key, where messages point.
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Column(Ident),
    CompositeKeys,
    Crate(Path),
    Global,
    Parent(Path),
    Writable,
}

impl Attributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self { entries: Vec::new(), tables: Vec::new() };
        for attribute in attributes {
            let path = attribute.path();
            if path.is_ident("tenants") {
                match &attribute.meta {
                    Meta::List(list) => read.entries.extend(
                        split_at_commas(&list.tokens).into_iter().map(syn::parse2::<Entry>),
                    ),
                    meta => read.entries.push(Err(no_list(meta))),
                }
            } else if path.is_ident("diesel") {
                // Anything else in there is Diesel's to understand, or to reject.
                if let Meta::List(list) = &attribute.meta {
                    read.tables
                        .extend(split_at_commas(&list.tokens).into_iter().filter_map(table_name));
                }
            } else if path.is_ident("table_name") {
                read.tables.extend(deprecated_table_name(&attribute.meta));
            }
        }
        read
    }

    /// The path to `tenants-diesel`, known even if another entry is wrong.
    pub(crate) fn krate(&self) -> Path {
        let given = self.entries.iter().flatten().find_map(|entry| match &entry.value {
            Value::Crate(path) => Some(path.clone()),
            _ => None,
        });
        given.unwrap_or_else(|| parse_quote!(::tenants_diesel))
    }
}

/// `#[tenants]` and `#[tenants = ..]` say nothing.
fn no_list(meta: &Meta) -> Error {
    let message = format!("expected entries in parentheses, `#[tenants(..)]`: {KEYS}");
    Error::new_spanned(meta, message)
}

/// What an entry may be.
const KEYS: &str =
    "`column = ..`, `composite_keys`, `parent = ..`, `global`, `writable` or `crate = ..`";

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input
            .call(Ident::parse_any)
            .map_err(|error| Error::new(error.span(), format!("expected a key: {KEYS}")))?;
        let value = match key.to_string().as_str() {
            "column" => Value::Column(parse_value(
                input,
                &key,
                "expected the column's name as in `table!`, alone and unquoted: `column = tenant_id`",
            )?),
            "crate" => Value::Crate(parse_value(
                input,
                &key,
                "expected the path to `tenants_diesel`: `crate = my_framework::tenants_diesel`",
            )?),
            "parent" => Value::Parent(parse_value(
                input,
                &key,
                "expected the path of the table whose rows these belong to: `parent = schema::posts`",
            )?),
            "composite_keys" => Value::CompositeKeys,
            "global" => Value::Global,
            "writable" => Value::Writable,
            _ => {
                let message = format!("unknown key `{key}`: expected {KEYS}");
                return Err(Error::new(key.span(), message));
            }
        };
        let takes_none = matches!(value, Value::CompositeKeys | Value::Global | Value::Writable);
        if takes_none && !input.is_empty() {
            let message = format!("`{key}` takes no value: write `{key}` alone");
            return Err(Error::new(key.span(), message));
        }
        Ok(Self { key, value })
    }
}

/// Parses `= value` up to the end of the entry.
fn parse_value<T: Parse>(input: ParseStream<'_>, key: &Ident, expected: &str) -> Result<T> {
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() {
        return Err(Error::new(key.span(), expected));
    }
    let tokens: TokenStream = input.parse()?;
    syn::parse2(tokens.clone()).map_err(|_| Error::new_spanned(tokens, expected))
}

/// The value of a `table_name = path` entry; `None` for any other.
fn table_name(entry: TokenStream) -> Option<Result<Path>> {
    let parser = |input: ParseStream<'_>| {
        let is_table_name = input.call(Ident::parse_any)? == "table_name";
        input.parse::<Token![=]>()?;
        let value: TokenStream = input.parse()?;
        Ok(is_table_name.then_some(value))
    };
    let value = parser.parse2(entry).ok()??;
    Some(table_path(value))
}

/// `#[table_name = "posts"]`, which Diesel still accepts; passing over it would register a table
/// that the struct does not mean.
fn deprecated_table_name(meta: &Meta) -> Option<Result<Path>> {
    let pair = meta.require_name_value().ok()?;
    Some(table_path(pair.value.to_token_stream()))
}

/// A path, or one in quotes.
fn table_path(value: TokenStream) -> Result<Path> {
    let path = match syn::parse2::<LitStr>(value.clone()) {
        Ok(literal) => literal.parse(),
        Err(_) => syn::parse2(value.clone()),
    };
    path.map_err(|_| Error::new_spanned(value, "expected the path of a table: `schema::posts`"))
}

/// Splits `a = b, c(d, e)` into its entries, whatever grammar each of them has.
fn split_at_commas(tokens: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    tokens
        .split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
        .filter(|entry| !entry.is_empty())
        .map(|entry| entry.iter().cloned().collect())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tables(item: &syn::DeriveInput) -> Vec<String> {
        let tables = Attributes::read(&item.attrs).tables;
        tables.into_iter().map(|path| path.unwrap().to_token_stream().to_string()).collect()
    }

    #[test]
    fn the_table_is_found_among_whatever_diesel_allows() {
        let item = parse_quote! {
            #[diesel(belongs_to(Blog, foreign_key = blog_id), base_query_type = Order<a, b>)]
            #[diesel(base_query = table_name::table.order_by((a, b)), table_name = schema::posts,)]
            #[diesel]
            struct Post;
        };
        assert_eq!(tables(&item), ["schema :: posts"]);
    }

    #[test]
    fn the_deprecated_attribute_is_read_too() {
        let item = parse_quote! {
            #[table_name = "posts"]
            struct Article;
        };
        assert_eq!(tables(&item), ["posts"]);
    }
}
