//! With many tenants every statement reads what it returns, and not the others.

use tenants_core::TenantId;
use tenants_core::store::{
    Cursor, Dialect, Filter, ListQuery, Slug, Statement, Statements, TenantStatus,
};

mod postgres;
mod sqlite;

/// A statement, and how many pages it may read where each record is on one of its own.
struct Case {
    what: String,
    statement: Statement,
    most: u64,
}

/// As the rows have them: in another order than they were made in.
fn id(end: &str) -> TenantId {
    TenantId::try_from(&*format!("00000000-0000-4000-8000-0000{end}")).unwrap()
}

/// What finds records by what they are called.
fn lookups(dialect: Dialect) -> Vec<Case> {
    let sql = Statements(dialect);
    let ids: Vec<_> =
        (1..=500u32).map(|n| id(&format!("{:08x}", n.wrapping_mul(2_654_435_761)))).collect();
    let slug = Slug::try_from("acme-90001").unwrap();
    let case = |what: &str, statement, most| Case { what: what.to_owned(), statement, most };
    vec![
        case("get", sql.get(&ids[7]), 8),
        case("lock", sql.lock(&ids[7]), 8),
        case("get_by_slug", sql.get_by_slug(&slug), 8),
        case("get_many", sql.get_many(&ids), 2_500),
        case("is_taken", sql.is_taken(&ids[7]), 8),
    ]
}

/// Pages of the list and of walks, from the beginning, from somewhere far behind and from the end, of many records and
/// of few.
fn lists(dialect: Dialect) -> Vec<Case> {
    let filters = [
        ("active ones", Filter::status(TenantStatus::Active)),
        ("failed ones", Filter::status(TenantStatus::Failed)),
        ("few", Filter::any_of([TenantStatus::Failed, TenantStatus::Provisioning])),
        ("all but deleted ones", Filter::default()),
        ("all", Filter::all()),
    ];
    let cursor = |at: &str| at.parse::<Cursor>().unwrap();
    let cursors = [None, Some(cursor("1767226000000000-8")), Some(cursor("0-8"))];
    let ids = [None, Some(id("8")), Some(id("fffff"))];
    let sql = Statements(dialect);
    let mut cases = Vec::new();
    for (which, filter) in filters {
        for (place, (cursor, id)) in cursors.iter().zip(&ids).enumerate() {
            let query = ListQuery::new(filter.clone());
            let query = cursor.iter().cloned().fold(query, ListQuery::after);
            let statement = sql.list(&query);
            cases.push(Case { what: format!("list of {which}, {place}"), statement, most: 250 });
            let statement = sql.walk(&filter, id.as_ref(), 100);
            cases.push(Case { what: format!("walk of {which}, {place}"), statement, most: 250 });
        }
    }
    cases
}
