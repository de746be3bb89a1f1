//! How records are written.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tenants_core::Shown;
use tenants_core::store::{InvalidTenant, Page, Placement, Slug, Tenant};
use unicode_width::UnicodeWidthStr;

use super::{Outcome, Written};
use crate::cli::Examined;
use crate::cli::args::Format;

pub(super) fn examined(outcome: Outcome, format: Format) -> Examined {
    let Outcome { written, mut notes } = outcome;
    let report = match (&written, format) {
        (Written::Record(tenant), Format::Text) => record(tenant),
        (Written::List(page), Format::Text) => list(page),
        (Written::Purged(id), Format::Text) => {
            format!("Removed the record of {}.\n", Shown(id.as_str()))
        }
        (written, Format::Json) => format!("{:#}\n", json(written)),
    };
    let mut is_clean = true;
    if let Written::List(page) = &written {
        is_clean = page.invalid.is_empty();
        for invalid in &page.invalid {
            let _ = writeln!(notes, "{}: {invalid}", Shown(&invalid.id));
        }
        if let (Some(next), Format::Text) = (&page.next, format) {
            let _ = writeln!(notes, "There are more: `--after {}`", Shown(&next.to_string()));
        }
        if page.items.is_empty() && is_clean {
            notes.push_str("There are no such tenants.\n");
        }
    }
    Examined { report, notes, is_clean }
}

/// A line for each column.
fn record(tenant: &Tenant) -> String {
    let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let lines = [
        ["id".to_owned(), cell(tenant.id.as_str())],
        ["slug".to_owned(), cell(slug(tenant))],
        ["name".to_owned(), cell(&tenant.name)],
        ["status".to_owned(), tenant.status.to_string()],
        ["placement".to_owned(), placement(&tenant.placement)],
        ["metadata".to_owned(), cell(&tenant.metadata.to_json())],
        ["version".to_owned(), tenant.version.to_string()],
        ["created at".to_owned(), time(&tenant.created_at)],
        ["updated at".to_owned(), time(&tenant.updated_at)],
    ];
    aligned(&lines)
}

/// A line for each tenant, below what the columns are.
fn list(page: &Page<Tenant>) -> String {
    if page.items.is_empty() {
        return String::new();
    }
    let columns = ["ID", "SLUG", "STATUS", "PLACEMENT", "CREATED AT", "NAME"].map(str::to_owned);
    let lines = page.items.iter().map(|tenant| {
        [
            cell(tenant.id.as_str()),
            cell(slug(tenant)),
            tenant.status.to_string(),
            placement(&tenant.placement),
            tenant.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            cell(&tenant.name),
        ]
    });
    aligned(&[columns].into_iter().chain(lines).collect::<Vec<_>>())
}

fn slug(tenant: &Tenant) -> &str {
    tenant.slug.as_ref().map_or("-", Slug::as_str)
}

/// Without the URL of a database, which holds a password.
fn placement(placement: &Placement) -> String {
    match placement {
        Placement::Schema(name) => format!("schema {name}"),
        other => other.as_str().to_owned(),
    }
}

fn cell(text: &str) -> String {
    Shown(text).to_string().replace('\t', r"\t")
}

/// Columns as wide as their widest cell on a terminal, two spaces apart.
fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].width()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or_default());
    let mut text = String::new();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            text.push_str(cell);
            if column + 1 < N {
                text.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
        }
        text.push('\n');
    }
    text
}

/// The shape only grows.
fn json(written: &Written) -> Value {
    match written {
        Written::Record(tenant) => json!({ "version": 1, "tenant": object(tenant) }),
        Written::List(page) => json!({
            "version": 1,
            "tenants": page.items.iter().map(object).collect::<Vec<_>>(),
            "invalid": page.invalid.iter().map(unreadable).collect::<Vec<_>>(),
            "next": page.next.as_ref().map(ToString::to_string),
        }),
        Written::Purged(id) => json!({ "version": 1, "purged": id.as_str() }),
    }
}

fn object(tenant: &Tenant) -> Value {
    let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let schema = match &tenant.placement {
        Placement::Schema(name) => Some(name.as_str()),
        _ => None,
    };
    json!({
        "id": tenant.id.as_str(),
        "slug": tenant.slug.as_ref().map(Slug::as_str),
        "name": tenant.name,
        "status": tenant.status.as_str(),
        "placement": tenant.placement.as_str(),
        "schema": schema,
        "metadata": tenant.metadata.as_object(),
        "version": tenant.version.stored(),
        "created_at": time(&tenant.created_at),
        "updated_at": time(&tenant.updated_at),
    })
}

fn unreadable(invalid: &InvalidTenant) -> Value {
    json!({ "id": invalid.id, "column": invalid.column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_as_a_terminal_shows_them() {
        let lines = [
            [cell("a"), cell("東京"), cell("x")],
            [cell("bb"), cell("é\u{301}"), cell("y\tz\u{1b}[2J\n")],
        ];
        assert_eq!(aligned(&lines), "a   東京  x\nbb  é\u{301}     y\\tz\\u{1b}[2J\\n\n");
    }
}
