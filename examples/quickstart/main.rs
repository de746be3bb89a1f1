//! Two tenants in one table, kept apart by PostgreSQL.
//!
//! Run with `cargo run --example quickstart`. It works in a scratch database, on the server of
//! `DATABASE_URL` if that is set and on a throwaway server otherwise, and leaves nothing behind.

#![allow(
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "an example talks to a person"
)]

mod names;
#[allow(clippy::disallowed_methods, reason = "removes a database, outside of every scope")]
mod remover;
#[allow(clippy::disallowed_methods, reason = "makes a database, outside of every scope")]
mod scratch;
mod show;

use std::error::Error;
use std::process::ExitCode;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use scratch::Scratch;
use tenants_diesel::{ScopeError, TenantId, TenantPool, WithRls};
use throwaway::StartError;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

diesel::table! {
    posts (tenant, id) {
        id -> BigInt,
        tenant -> Text,
        title -> Text,
    }
}

/// The tag: rows of `posts` belong to the tenant in column `tenant`.
#[derive(Queryable, Selectable, WithRls)]
struct Post {
    id: i64,
    tenant: String,
    title: String,
}

const TABLES: &str = "
    CREATE TABLE posts (
        id bigint GENERATED ALWAYS AS IDENTITY,
        tenant text NOT NULL,
        title text NOT NULL,
        PRIMARY KEY (tenant, id)
    )";

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = runtime.block_on(async {
        match remover::remove().await {
            Some(removed) => removed,
            None => quickstart().await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    eprintln!("{error}");
    // Without a server, two lines say how to go on; why none was fetched would hide them.
    let mut cause = match error.downcast_ref() {
        Some(StartError::Find(_)) => None,
        _ => error.source(),
    };
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn quickstart() -> Result<()> {
    let scratch = Scratch::create().await?;
    show::title("A table `posts`, whose struct is tagged with `#[derive(WithRls)]`");
    println!("in {}", scratch.place);
    scratch::run(&scratch.owner_url, TABLES).await?;

    show::title("`tenants setup` and `tenants migration generate` write this migration");
    let up = scratch.generate_migration().await?;
    show::sql(&up);
    scratch::run(&scratch.owner_url, &format!("BEGIN; {up}; COMMIT")).await?;

    let tenants =
        TenantPool::builder(&scratch.login_url).roles(scratch.roles.clone()).build().await?;
    let acme = tenants.create_tenant("acme").await?;
    let globex = tenants.create_tenant("globex").await?;

    show::title("Two tenants write. Nobody names the tenant: the database fills it in");
    for (tenant, title) in [(&acme, "anvils"), (&acme, "rockets"), (&globex, "lasers")] {
        let mut conn = tenants.get(tenant).await?;
        let post: Post = diesel::insert_into(posts::table)
            .values(posts::title.eq(title))
            .returning(Post::as_returning())
            .get_result(&mut conn)
            .await?;
        show::row(tenant, &post);
    }

    show::title("A forgotten filter: SELECT * FROM posts");
    for tenant in [&acme, &globex] {
        let mut conn = tenants.get(tenant).await?;
        let all = posts::table.select(Post::as_select()).load(&mut conn).await?;
        all.iter().for_each(|post| show::row(tenant, post));
    }

    show::title("acme tries to get at globex's row");
    cross_tenant_writes(&tenants, &acme).await?;

    show::title("A tenant that nobody created");
    let mut conn = tenants.get(&TenantId::try_from("nobody")?).await?;
    match posts::table.count().get_result::<i64>(&mut conn).await {
        Err(error) => println!("{}", ScopeError::of(&error).ok_or(error)?),
        Ok(rows) => return Err(format!("an unknown tenant saw {rows} rows").into()),
    }
    println!();
    Ok(())
}

async fn cross_tenant_writes(tenants: &TenantPool, acme: &TenantId) -> Result<()> {
    tenants
        .transaction(acme, async |conn| {
            let theirs = posts::table.filter(posts::tenant.eq("globex"));
            let updated =
                diesel::update(theirs).set(posts::title.eq("ours now")).execute(conn).await?;
            let deleted = diesel::delete(theirs).execute(conn).await?;
            println!("UPDATE .. WHERE tenant = 'globex'   {updated} rows");
            println!("DELETE .. WHERE tenant = 'globex'   {deleted} rows");
            QueryResult::Ok(())
        })
        .await?;
    let forged = (posts::tenant.eq("globex"), posts::title.eq("forged"));
    let inserted = tenants
        .transaction(acme, async |conn| {
            diesel::insert_into(posts::table).values(forged).execute(conn).await
        })
        .await;
    match inserted {
        Err(refused) => println!("INSERT .. tenant = 'globex'         {refused}"),
        Ok(rows) => return Err(format!("acme inserted {rows} rows for globex").into()),
    }
    Ok(())
}
