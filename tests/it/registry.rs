//! From the tag to the rows: an application that says nothing about its tables but by its structs.

use diesel::{QueryDsl, SelectableHelper};
use tenants_diesel::{BuildError, LoginProblem, Registry, TenantPool, sync};
use tenants_tests::schema::{NewPost, Post, posts};
use tenants_tests::{Database, SUPERUSER};

#[test]
fn the_tags_of_the_tables_are_linked() {
    let registry = Registry::collect().unwrap();
    for table in tenants_tests::schema::text_registry().tables() {
        assert_eq!(registry.table(&table.name), Some(table));
    }
}

#[tokio::test]
async fn a_pool_that_is_given_no_tables_serves_the_tagged_ones() {
    use diesel_async::RunQueryDsl;
    let db = Database::new().await;
    let pool = TenantPool::builder(db.url("app_login")).provisioning_url(db.url("provisioner"));
    let pool = pool.build().await.unwrap();
    let [a, b] = [pool.create_tenant("a").await.unwrap(), pool.create_tenant("b").await.unwrap()];
    for tenant in [&a, &b] {
        let mut conn = pool.get(tenant).await.unwrap();
        let post = NewPost { title: tenant.as_str() };
        diesel::insert_into(posts::table).values(&post).execute(&mut conn).await.unwrap();
        let seen: Vec<Post> = posts::table.select(Post::as_select()).load(&mut conn).await.unwrap();
        assert_eq!(whose(&seen), [tenant.as_str()]);
    }
    assert_eq!(whose(&db.posts().await), ["a", "b"]);

    own_the_posts(&db).await;
    let refused = TenantPool::builder(db.url("app_login")).build().await.unwrap_err();
    assert_owner(refused);
}

#[test]
fn a_sync_pool_that_is_given_no_tables_serves_the_tagged_ones() {
    use diesel::RunQueryDsl;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = runtime.block_on(Database::new());
    let pool = sync::TenantPool::builder(db.url("app_login"));
    let pool = pool.provisioning_url(db.url("provisioner")).build().unwrap();
    for tenant in ["a", "b"].map(|id| pool.create_tenant(id).unwrap()) {
        let mut conn = pool.get(&tenant).unwrap();
        let post = NewPost { title: tenant.as_str() };
        diesel::insert_into(posts::table).values(&post).execute(&mut conn).unwrap();
        let seen: Vec<Post> = posts::table.select(Post::as_select()).load(&mut conn).unwrap();
        assert_eq!(whose(&seen), [tenant.as_str()]);
    }
    assert_eq!(whose(&runtime.block_on(db.posts())), ["a", "b"]);

    runtime.block_on(own_the_posts(&db));
    assert_owner(sync::TenantPool::builder(db.url("app_login")).build().unwrap_err());
}

fn whose(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.tenant.as_str()).collect()
}

/// Makes the login one that could drop the policies of a tagged table.
async fn own_the_posts(db: &Database) {
    db.run(SUPERUSER, "ALTER TABLE posts OWNER TO app_login").await;
}

/// What a pool says only if it knows the tagged table.
fn assert_owner(refused: BuildError) {
    let BuildError::Login(LoginProblem::Owner { table, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(table, "public.posts");
}
