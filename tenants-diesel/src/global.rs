//! Global tables that have no struct.

/// Registers Diesel tables whose rows all tenants share, such as a price list, without a struct.
///
/// Scoped code may read them; after `writable:` it may also insert, update and delete. Each table
/// is the path to the module that Diesel's `table!` made. Call it where items may stand, and once
/// for each kind of access.
///
/// # Examples
///
/// ```standalone_crate
/// mod schema {
///     diesel::table! { plans (id) { id -> Integer, } }
///     diesel::table! { countries (code) { code -> Text, } }
///     diesel::table! { counters (name) { name -> Text, hits -> BigInt, } }
/// }
///
/// tenants_diesel::global_tables!(schema::plans, schema::countries);
/// tenants_diesel::global_tables!(writable: schema::counters);
///
/// use tenants_diesel::{GlobalAccess, Registry, Tenancy};
///
/// let registry = Registry::collect()?;
/// let tenancies: Vec<&Tenancy> = registry.tables().map(|table| &table.tenancy).collect();
/// let read = &Tenancy::Global(GlobalAccess::Read);
/// assert_eq!(tenancies, [&Tenancy::Global(GlobalAccess::ReadWrite), read, read]);
/// # Ok::<(), tenants_diesel::RegistryError>(())
/// ```
#[macro_export]
macro_rules! global_tables {
    (writable: $($($table:ident)::+),+ $(,)?) => {
        $($crate::__global_table!(ReadWrite, $($table)::+);)+
    };
    ($($($table:ident)::+),+ $(,)?) => {
        $($crate::__global_table!(Read, $($table)::+);)+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __global_table {
    ($access:ident, $($table:ident)::+) => {
        const _: () = {
            const DECLARATION: $crate::__private::Declaration = $crate::__private::Declaration {
                name: ::core::concat!(::core::module_path!(), "::global_tables!"),
                file: ::core::file!(),
                line: ::core::line!(),
            };
            fn describe() -> $crate::__private::Description {
                $crate::__private::global::<$($table)::+::table>(
                    $crate::__private::GlobalAccess::$access,
                    DECLARATION,
                )
            }
            $crate::__private::inventory::submit! {
                $crate::__private::Registration { declaration: DECLARATION, table: describe }
            }
        };
    };
}
