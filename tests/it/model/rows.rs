//! The oracle: what a tenant's posts are after what it did, and the same work for a connection.

use std::collections::BTreeMap;

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::TryStreamExt;
use tenants_diesel::TenantConnection;
use tenants_tests::schema::{Post, posts};

use super::chance::Chance;

/// Titles of a tenant's posts, by id. All tenants use the same few ids.
pub(super) type Rows = BTreeMap<i64, String>;

/// How many ids there are.
pub(super) const IDS: u64 = 12;

/// Why work ended early.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(DieselError),
    /// What is there is not what the oracle has.
    Different(String),
}

impl From<DieselError> for Stop {
    fn from(error: DieselError) -> Self {
        Self::Refused(error)
    }
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), Stop> {
    if found == expected {
        return Ok(());
    }
    Err(Stop::Different(format!("found {found:?}, expected {expected:?}")))
}

/// One statement that writes; none of them names a tenant.
#[derive(Debug, Clone)]
pub(super) enum Write {
    Insert(i64, String),
    Upsert(i64, String),
    UpdateBelow(i64, String),
    UpdateAll(String),
    Delete(i64),
    DeleteBelow(i64),
    RawUpdate(i64, String),
}

impl Write {
    pub(super) fn random(chance: &mut Chance) -> Self {
        let id = i64::try_from(chance.below(IDS)).unwrap();
        let title = format!("{:x}", chance.below(1 << 48));
        match chance.below(12) {
            0..=3 => Self::Insert(id, title),
            4..=6 => Self::Upsert(id, title),
            7 => Self::UpdateBelow(id, title),
            8 => Self::UpdateAll(title),
            9 => Self::Delete(id),
            10 => Self::DeleteBelow(id / 2),
            _ => Self::RawUpdate(id, title),
        }
    }

    /// What it does to the rows of its tenant, and to how many; `None` if there is such a row already.
    pub(super) fn apply(&self, rows: &mut Rows) -> Option<usize> {
        let before = rows.len();
        match self {
            Self::Insert(id, _) if rows.contains_key(id) => None,
            Self::Insert(id, title) | Self::Upsert(id, title) => {
                rows.insert(*id, title.clone());
                Some(1)
            }
            Self::UpdateBelow(end, title) => Some(set(rows, ..*end, title)),
            Self::UpdateAll(title) => Some(set(rows, .., title)),
            Self::RawUpdate(id, title) => Some(set(rows, *id..=*id, title)),
            Self::Delete(id) => Some(usize::from(rows.remove(id).is_some())),
            Self::DeleteBelow(end) => {
                rows.retain(|id, _| id >= end);
                Some(before - rows.len())
            }
        }
    }

    pub(super) async fn run(&self, conn: &mut TenantConnection) -> QueryResult<usize> {
        let insert = |id: &i64, title: &String| (posts::id.eq(*id), posts::title.eq(title.clone()));
        match self {
            Self::Insert(id, title) => {
                diesel::insert_into(posts::table).values(insert(id, title)).execute(conn).await
            }
            Self::Upsert(id, title) => {
                diesel::insert_into(posts::table)
                    .values(insert(id, title))
                    .on_conflict((posts::tenant, posts::id))
                    .do_update()
                    .set(posts::title.eq(title))
                    .execute(conn)
                    .await
            }
            Self::UpdateBelow(end, title) => {
                let below = posts::table.filter(posts::id.lt(*end));
                diesel::update(below).set(posts::title.eq(title)).execute(conn).await
            }
            Self::UpdateAll(title) => {
                diesel::update(posts::table).set(posts::title.eq(title)).execute(conn).await
            }
            Self::Delete(id) => {
                diesel::delete(posts::table.filter(posts::id.eq(*id))).execute(conn).await
            }
            Self::DeleteBelow(end) => {
                diesel::delete(posts::table.filter(posts::id.lt(*end))).execute(conn).await
            }
            Self::RawUpdate(id, title) => {
                let update = format!("UPDATE posts SET title = '{title}' WHERE id = {id}");
                diesel::sql_query(update).execute(conn).await
            }
        }
    }
}

fn set(rows: &mut Rows, ids: impl std::ops::RangeBounds<i64>, title: &str) -> usize {
    let mut changed = 0;
    for (_, there) in rows.range_mut(ids) {
        title.clone_into(there);
        changed += 1;
    }
    changed
}

/// A statement, or a savepoint with some that are kept or not.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Write(Write),
    Savepoint { writes: Vec<Write>, is_kept: bool },
}

impl Step {
    /// A step that fails nowhere: in a transaction, a failure would be the end of it.
    pub(super) fn random(chance: &mut Chance) -> Self {
        let mut write = || match Write::random(chance) {
            Write::Insert(id, title) => Write::Upsert(id, title),
            other => other,
        };
        let (first, second) = (write(), write());
        if chance.once_in(3) {
            return Self::Savepoint { writes: vec![first, second], is_kept: chance.once_in(2) };
        }
        Self::Write(first)
    }

    pub(super) fn apply(&self, rows: &mut Rows) {
        match self {
            Self::Write(write) => drop(write.apply(rows)),
            Self::Savepoint { is_kept: false, .. } => {}
            Self::Savepoint { writes, .. } => {
                for write in writes {
                    write.apply(rows);
                }
            }
        }
    }

    pub(super) async fn run(&self, conn: &mut TenantConnection) -> QueryResult<()> {
        let (writes, is_kept) = match self {
            Self::Write(write) => return write.run(conn).await.map(drop),
            Self::Savepoint { writes, is_kept } => (writes, *is_kept),
        };
        let savepoint = conn.transaction(async |conn| {
            for write in writes {
                write.run(conn).await?;
            }
            if is_kept { Ok(()) } else { Err(DieselError::RollbackTransaction) }
        });
        match savepoint.await {
            Err(DieselError::RollbackTransaction) if !is_kept => Ok(()),
            other => other,
        }
    }
}

/// One way to look at a tenant's posts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    All,
    Aggregate,
    Stream,
    HalfAStream,
    Raw,
}

impl Look {
    pub(super) const ALL: [Self; 5] =
        [Self::All, Self::Aggregate, Self::Stream, Self::HalfAStream, Self::Raw];

    /// Sees whether the tenant of a connection has exactly these rows.
    pub(super) async fn run(
        self,
        conn: &mut TenantConnection,
        tenant: &str,
        rows: &Rows,
    ) -> Result<(), Stop> {
        let expected = as_posts(tenant, rows);
        let all = posts::table.order(posts::id).select(Post::as_select());
        match self {
            Self::All => same(&all.load::<Post>(conn).await?, &expected),
            Self::Aggregate => {
                let found = posts::table.select((diesel::dsl::count_star(), max(posts::id)));
                let found: (i64, Option<i64>) = found.get_result(conn).await?;
                let count = i64::try_from(rows.len()).unwrap();
                same(&found, &(count, rows.keys().next_back().copied()))
            }
            Self::Stream => {
                let found = all.load_stream::<Post>(conn).await?;
                same(&found.try_collect::<Vec<_>>().await?, &expected)
            }
            Self::HalfAStream => {
                let mut found = Box::pin(all.load_stream::<Post>(conn).await?);
                same(&found.try_next().await?.as_ref(), &expected.as_slice().first())
            }
            Self::Raw => {
                let all = "SELECT string_agg(tenant || ':' || id || ':' || title, ',' ORDER BY id) AS text \
                           FROM posts";
                let found: Text = diesel::sql_query(all).get_result(conn).await?;
                let expected: Vec<_> =
                    rows.iter().map(|(id, title)| format!("{tenant}:{id}:{title}")).collect();
                same(&found.text.unwrap_or_default(), &expected.join(","))
            }
        }
    }
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    text: Option<String>,
}

pub(super) fn as_posts(tenant: &str, rows: &Rows) -> Vec<Post> {
    let post = |(id, title): (&i64, &String)| Post {
        id: *id,
        tenant: tenant.to_owned(),
        title: title.clone(),
    };
    rows.iter().map(post).collect()
}

pub(super) fn is_conflict(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
