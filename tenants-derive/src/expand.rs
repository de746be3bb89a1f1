//! Writes the code: an `impl WithRls`, and one constant that registers the table.
//!
//! All of it stands in a `const _`, where its names meet no name of the user's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Path};

use crate::attr::Attributes;
use crate::model::{GlobalAccess, Model, PerTenant, Tenancy, TenantColumn};

pub(crate) fn with_rls(item: &DeriveInput) -> TokenStream {
    let attributes = Attributes::read(&item.attrs);
    let krate = attributes.krate();
    match Model::new(item, attributes) {
        Ok(model) => registered(item, &krate, &model),
        Err(error) => rejected(item, &krate, &error),
    }
}

fn registered(item: &DeriveInput, krate: &Path, model: &Model) -> TokenStream {
    let implementation = implementation(item, &quote!(__tenants_describe()));
    let declaration = declaration(&item.ident);
    let description = match &model.tenancy {
        Tenancy::PerTenant(asked) => hardened(asked, per_tenant(&model.table, &asked.column)),
        Tenancy::Global(access) => global(&model.table, access),
    };
    quote! {
        const _: () = {
            use #krate::__private as __tenants;

            #implementation

            const __TENANTS_DECLARATION: __tenants::Declaration = #declaration;

            // Outside the `impl`: a registered function cannot be generic, a struct can.
            fn __tenants_describe() -> __tenants::Description {
                #description
            }

            __tenants::inventory::submit! {
                __tenants::Registration {
                    declaration: __TENANTS_DECLARATION,
                    table: __tenants_describe,
                }
            }
        };
    }
}

/// The message, and an `impl` that keeps rustc from adding that there is none.
fn rejected(item: &DeriveInput, krate: &Path, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    let implementation = implementation(item, &quote!(::core::unreachable!()));
    quote! {
        #error
        const _: () = {
            use #krate::__private as __tenants;
            #implementation
        };
    }
}

fn implementation(item: &DeriveInput, body: &TokenStream) -> TokenStream {
    let ident = &item.ident;
    let (impl_generics, ty_generics, where_clause) = item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __tenants::WithRls for #ident #ty_generics #where_clause {
            fn table() -> __tenants::Description {
                #body
            }
        }
    }
}

fn declaration(ident: &Ident) -> TokenStream {
    let name = ident.unraw().to_string();
    // The span decides what `file!` and `line!` say: the struct, not the list of derives above it.
    let file = quote_spanned!(ident.span()=> ::core::file!());
    let line = quote_spanned!(ident.span()=> ::core::line!());
    quote! {
        __tenants::Declaration {
            name: ::core::concat!(::core::module_path!(), "::", #name),
            file: #file,
            line: #line,
        }
    }
}

fn global(table: &Path, access: &GlobalAccess) -> TokenStream {
    let access = match access {
        GlobalAccess::Read => quote!(Read),
        GlobalAccess::ReadWrite => quote!(ReadWrite),
    };
    quote! {
        __tenants::global::<#table::table>(
            __tenants::GlobalAccess::#access,
            __TENANTS_DECLARATION,
        )
    }
}

/// What the table asks for beyond its tenant column.
fn hardened(asked: &PerTenant, mut description: TokenStream) -> TokenStream {
    if let Some(parent) = &asked.parent {
        description = quote!(__tenants::child_of::<#parent::table>({ #description }));
    }
    if asked.has_composite_keys {
        description = quote!(__tenants::composite_keys({ #description }));
    }
    description
}

/// Names the tenant column, so that the compiler proves that the table has it.
///
/// The name has two meanings, of which the inner one wins: the column that `table!` made, or else
/// a type that cannot be resolved for a reason which is our message. If the table itself is
/// unknown, rustc says only that.
fn per_tenant(table: &Path, column: &TenantColumn) -> TokenStream {
    let (name, reason) = match column {
        TenantColumn::Named(name) => (name, quote!(HasColumn)),
        TenantColumn::Default(name) => (name, quote!(HasDefaultColumn)),
    };
    let import = quote_spanned!(table.span()=> use #table as __tenants_table;);
    let mut missing = name.clone();
    // The user's place still, but lints pass over what a macro wrote.
    missing.set_span(Span::call_site().located_at(name.span()));
    quote! {
        #import
        type #missing = <__tenants_table::table as __tenants::#reason>::Column;
        {
            use __tenants_table::columns::*;
            __tenants::per_tenant::<__tenants_table::table, #name>(__TENANTS_DECLARATION)
        }
    }
}
