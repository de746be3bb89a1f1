//! The rules: what a struct must be, and which attributes fit together.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Ident, Path, Result};

use crate::attr::{Attributes, Entry, Value};

/// The column that names a row's tenant unless the struct says otherwise; `HasDefaultColumn` in
/// `tenants-diesel` says what to do if there is none.
const DEFAULT_COLUMN: &str = "tenant";

/// What a struct declares, once every rule that its tokens can break is kept.
pub(crate) struct Model {
    /// The module that Diesel's `table!` made.
    pub(crate) table: Path,
    pub(crate) tenancy: Tenancy,
}

/// How the rows of a table belong to tenants; the words are those of `tenants-core`.
pub(crate) enum Tenancy {
    PerTenant(PerTenant),
    Global(GlobalAccess),
}

/// What a table of tenants asks for.
pub(crate) struct PerTenant {
    pub(crate) column: TenantColumn,
    /// Whether its keys are to begin with the tenant column.
    pub(crate) has_composite_keys: bool,
    /// The table whose rows say whose these are.
    pub(crate) parent: Option<Path>,
}

/// The tenant column's name, whose span is where messages about it point.
pub(crate) enum TenantColumn {
    /// As the struct names it, there.
    Named(Ident),
    /// [`DEFAULT_COLUMN`], where the struct names the table.
    Default(Ident),
}

pub(crate) enum GlobalAccess {
    Read,
    ReadWrite,
}

impl Model {
    pub(crate) fn new(item: &DeriveInput, attributes: Attributes) -> Result<Self> {
        only_structs(item)?;
        no_attribute_on_fields(item)?;
        let table = one_table(item, attributes.tables)?;
        let tenancy = tenancy(&table, attributes.entries)?;
        Ok(Self { table, tenancy })
    }
}

fn only_structs(item: &DeriveInput) -> Result<()> {
    let kind = match item.data {
        Data::Struct(_) => return Ok(()),
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    let message = format!(
        "`{}` is {kind}, which is no row of a table: derive `WithRls` on the struct of a table instead",
        item.ident
    );
    Err(Error::new(item.ident.span(), message))
}

/// A helper attribute is legal on a field, where nothing would read it.
fn no_attribute_on_fields(item: &DeriveInput) -> Result<()> {
    let Data::Struct(data) = &item.data else { return Ok(()) };
    let is_ours = |attribute: &&Attribute| attribute.path().is_ident("tenants");
    match data.fields.iter().find_map(|field| field.attrs.iter().find(is_ours)) {
        None => Ok(()),
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "`#[tenants(..)]` belongs on the struct: `#[tenants(column = tenant_id)]`",
        )),
    }
}

/// Diesel lets a struct be inserted into several tables. `WithRls::table` describes one, and an
/// explicit list of structs would leave the others unprotected in silence.
fn one_table(item: &DeriveInput, tables: Vec<Result<Path>>) -> Result<Path> {
    let mut tables = tables.into_iter();
    let table = tables.next().unwrap_or_else(|| Ok(inferred_table(&item.ident).into()))?;
    match tables.next() {
        None => Ok(table),
        Some(second) => Err(Error::new_spanned(
            second?,
            "`WithRls` describes one table: remove it here, and derive it on one struct for each table",
        )),
    }
}

/// The table that Diesel's derives infer: `BlogPost` is a row of `blog_posts`.
fn inferred_table(ident: &Ident) -> Ident {
    let mut name = String::new();
    for (position, character) in ident.unraw().to_string().char_indices() {
        if character.is_uppercase() && position > 0 {
            name.push('_');
        }
        name.extend(character.to_lowercase());
    }
    name.push('s');
    Ident::new(&name, ident.span())
}

fn tenancy(table: &Path, entries: Vec<Result<Entry>>) -> Result<Tenancy> {
    let (mut column, mut global, mut writable) = (None, None, None);
    let (mut composite_keys, mut parent) = (None, None);
    let mut keys: Vec<Ident> = Vec::new();
    for entry in entries {
        let Entry { key, value } = entry?;
        if keys.contains(&key) {
            let message = format!("`{key}` is given twice: keep one");
            return Err(Error::new(key.span(), message));
        }
        keys.push(key.clone());
        match value {
            Value::Column(name) => column = Some((key, name)),
            Value::CompositeKeys => composite_keys = Some(key),
            Value::Global => global = Some(key),
            Value::Parent(path) => parent = Some((key, path)),
            Value::Writable => writable = Some(key),
            Value::Crate(_) => {}
        }
    }
    if let (Some(_), Some(key)) = (&global, &composite_keys) {
        return Err(Error::new(
            key.span(),
            "keys of a table that all tenants share have no tenant to begin with: remove `composite_keys`, or `global` if each row belongs to a tenant",
        ));
    }
    if let (Some(_), Some((key, _))) = (&global, &parent) {
        return Err(Error::new(
            key.span(),
            "rows that all tenants share belong to no other: remove `parent`, or `global` if each row belongs to a tenant",
        ));
    }
    match (column, global, writable) {
        (Some((key, _)), Some(_), _) => Err(Error::new(
            key.span(),
            "a table is either global or has a tenant column: remove `column` if all tenants share its rows, else remove `global`",
        )),
        (_, None, Some(key)) => Err(Error::new(
            key.span(),
            "`writable` is for tables that all tenants share, `#[tenants(global, writable)]`: remove it if each row belongs to a tenant, who may write it anyway",
        )),
        (None, Some(_), None) => Ok(Tenancy::Global(GlobalAccess::Read)),
        (None, Some(_), Some(_)) => Ok(Tenancy::Global(GlobalAccess::ReadWrite)),
        (column, None, None) => Ok(Tenancy::PerTenant(PerTenant {
            column: tenant_column(table, column),
            has_composite_keys: composite_keys.is_some(),
            parent: parent.map(|(_, path)| path),
        })),
    }
}

fn tenant_column(table: &Path, given: Option<(Ident, Ident)>) -> TenantColumn {
    match given {
        Some((_, name)) => TenantColumn::Named(name),
        None => {
            let span = table.segments.last().map_or(table.span(), |segment| segment.ident.span());
            TenantColumn::Default(Ident::new(DEFAULT_COLUMN, span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inferred_table_is_the_one_that_diesel_infers() {
        for (ident, table) in [
            ("Foo", "foos"),
            ("FooBarBaz", "foo_bar_bazs"),
            ("HTTPLog", "h_t_t_p_logs"),
            ("User2", "user2s"),
            ("already_snake", "already_snakes"),
            ("Übung", "übungs"),
        ] {
            let ident = Ident::new(ident, proc_macro2::Span::call_site());
            assert_eq!(inferred_table(&ident), table);
        }
    }
}
