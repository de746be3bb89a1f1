//! A table has no parameters, however many its struct has.

use std::borrow::Cow;

use tenants_diesel::{IdentifierError, WithRls};

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Borrowed<'a> {
    title: Cow<'a, str>,
}

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Bounded<'a, 'b: 'a, T: Clone = String, const N: usize = 4>
where
    for<'c> &'c T: IntoIterator<Item = char>,
{
    title: &'a [T; N],
    body: &'b str,
}

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Tuple<T>(T);

struct Characters(Vec<char>);

impl Clone for Characters {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl IntoIterator for &Characters {
    type Item = char;
    type IntoIter = std::vec::IntoIter<char>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.clone().into_iter()
    }
}

#[test]
fn every_instance_is_the_same_table() -> Result<(), IdentifierError> {
    let table = Borrowed::table()?;
    assert_eq!(Bounded::<Characters, 1>::table()?.name, table.name);
    assert_eq!(Tuple::<u8>::table()?.name, table.name);
    Ok(())
}
