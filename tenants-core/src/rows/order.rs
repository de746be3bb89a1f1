//! Which tables come before which.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{ForeignKey, TenantTable};
use crate::quote::TableName;

/// Tables whose rows go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// A table whose rows can go one by one.
    Single(TenantTable),
    /// A table that references itself, or tables that reference each other.
    Circle(Vec<TenantTable>),
}

impl Group {
    /// The tables, sorted by name.
    #[must_use]
    pub fn tables(&self) -> &[TenantTable] {
        match self {
            Self::Single(table) => std::slice::from_ref(table),
            Self::Circle(tables) => tables,
        }
    }
}

/// Orders tables so that each one comes before all that it references, be it through tables that are not among
/// them.
///
/// A table that references another one reaches all that the other one reaches, and itself: so the number of
/// tables within reach is the order, and the tables of a circle are those with the same reach.
#[must_use]
pub fn groups(tables: &[TenantTable], keys: &[ForeignKey]) -> Vec<Group> {
    let mut groups: BTreeMap<_, Vec<TenantTable>> = BTreeMap::new();
    for table in tables {
        let reach = reach(&table.name, keys);
        groups.entry((Reverse(reach.len()), reach)).or_default().push(table.clone());
    }
    let is_circle = |reach: &BTreeSet<&TableName>, tables: &[TenantTable]| {
        keys.iter()
            .any(|key| reach.contains(&key.from) && tables.iter().any(|it| it.name == key.to))
    };
    let group = |((_, reach), mut tables): ((_, BTreeSet<_>), Vec<TenantTable>)| {
        tables.sort();
        match tables.pop() {
            Some(single)
                if tables.is_empty() && !is_circle(&reach, std::slice::from_ref(&single)) =>
            {
                Group::Single(single)
            }
            last => {
                tables.extend(last);
                Group::Circle(tables)
            }
        }
    };
    groups.into_iter().map(group).collect()
}

/// A table, and what it references at any depth.
fn reach<'a>(table: &'a TableName, keys: &'a [ForeignKey]) -> BTreeSet<&'a TableName> {
    let mut reach = BTreeSet::from([table]);
    let mut next = vec![table];
    while let Some(from) = next.pop() {
        for key in keys.iter().filter(|key| key.from == *from) {
            if reach.insert(&key.to) {
                next.push(&key.to);
            }
        }
    }
    reach
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::quote::Identifier;

    fn name(name: &str) -> TableName {
        TableName::new(None, Identifier::new(name).unwrap())
    }

    /// The order of tables that reference each other as `from>to` says; a circle in brackets.
    fn order(tables: &[&str], keys: &[&str]) -> String {
        let tenant = Identifier::new("tenant").unwrap();
        let table = |it: &&str| TenantTable { name: name(it), column: tenant.clone() };
        let tables: Vec<_> = tables.iter().map(table).collect();
        let key = |it: &&str| {
            let (from, to) = it.split_once('>').unwrap();
            ForeignKey { from: name(from), to: name(to), changes_rows: false, columns: vec![] }
        };
        let keys: Vec<_> = keys.iter().map(key).collect();
        let group = |group: &Group| {
            let names: Vec<_> =
                group.tables().iter().map(|table| table.name.name().as_str()).collect();
            match group {
                Group::Single(_) => names.join(" "),
                Group::Circle(_) => format!("[{}]", names.join(" ")),
            }
        };
        groups(&tables, &keys).iter().map(group).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn children_come_before_their_parents() {
        assert_eq!(order(&["a", "b", "c"], &[]), "a b c");
        assert_eq!(order(&["a", "b", "c"], &["c>b", "b>a"]), "c b a");
        assert_eq!(order(&["a", "b", "c", "d"], &["a>d", "b>d", "c>a", "c>b"]), "c a b d");
    }

    #[test]
    fn through_a_table_that_is_not_registered() {
        assert_eq!(order(&["a", "b"], &["b>x", "x>a"]), "b a");
        assert_eq!(order(&["a"], &["a>x", "x>a"]), "[a]");
    }

    #[test]
    fn circles_stay_together() {
        assert_eq!(order(&["a"], &["a>a"]), "[a]");
        assert_eq!(order(&["a", "b", "c", "d"], &["a>b", "b>a", "c>a", "b>d"]), "c [a b] d");
        // Above a circle without being a part of it.
        assert_eq!(order(&["a", "b"], &["a>b", "b>b"]), "a [b]");
    }
}
