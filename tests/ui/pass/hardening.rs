//! Keys that are to begin with the tenant column, and a parent; one struct that asks is enough.

use tenants_diesel::{Keys, WithRls};

diesel::table! { articles (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { remarks (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(composite_keys)]
struct Article;

#[derive(WithRls)]
#[diesel(table_name = remarks)]
struct NewRemark;

#[derive(WithRls)]
#[tenants(parent = articles, composite_keys)]
struct Remark;

#[test]
fn what_is_asked_for_is_registered() {
    let [article, first, second] = [Article::table(), NewRemark::table(), Remark::table()];
    let (article, first, second) = (article.unwrap(), first.unwrap(), second.unwrap());
    assert_eq!((article.keys, article.parent.as_ref()), (Keys::Composite, None));
    assert_eq!((first.keys, first.parent.as_ref()), (Keys::AsTheyAre, None));
    assert_eq!((second.keys, second.parent.as_ref()), (Keys::Composite, Some(&article.name)));
    let merged = tenants_diesel::Registry::new([first, second.clone()]).unwrap();
    let table = merged.table(&second.name).unwrap();
    assert_eq!((table.keys, &table.parent), (Keys::Composite, &second.parent));
}
