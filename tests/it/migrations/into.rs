//! `tenants migration generate --into`: a new table gets its policies in the migration that makes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::scratch::{Directory, Scratch, stderr, stdout};

const TABLES: &str = include_str!("tables.sql");
pub(super) const DROP_TABLES: &str = "DROP TABLE plans; DROP SCHEMA elsewhere CASCADE; \
    DROP SCHEMA archive CASCADE; DROP TABLE posts;";

/// A migration as a person leaves it.
struct Migration {
    _project: Directory,
    path: PathBuf,
}

impl Migration {
    fn new(up: impl AsRef<[u8]>, down: &str) -> Self {
        let project = Directory::new();
        let path = project.join("2026-01-01-000000-0000_tables");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("up.sql"), up).unwrap();
        fs::write(path.join("down.sql"), down).unwrap();
        Self { _project: project, path }
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap()
    }

    /// All that is there, byte for byte.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

/// `tenants migration generate --into <directory>`
pub(super) fn generate_into(scratch: &Scratch, directory: impl AsRef<Path>) -> Output {
    let (roles, directory) = (scratch.role_args(), directory.as_ref().to_str().unwrap());
    let mut args = vec!["migration", "generate", "--into", directory];
    args.extend(roles.iter().map(String::as_str));
    scratch.tenants(&args)
}

async fn apply(scratch: &Scratch, sql: &str) {
    scratch.run("owner", &format!("BEGIN; {sql} COMMIT")).await;
}

/// Whose posts a tenant sees.
async fn seen_by(scratch: &Scratch, tenant: &str) -> Vec<String> {
    let app = scratch.role("app");
    let see = format!(
        "SET ROLE {app}; SET tenants.tenant = '{tenant}'; SELECT tenant FROM posts ORDER BY 1"
    );
    scratch.values("login", &see).await.unwrap()
}

/// Each of two tenants writes a post; whose posts each of them sees then.
pub(super) async fn written_and_seen(scratch: &Scratch) -> [Vec<String>; 2] {
    let app = scratch.role("app");
    for (id, tenant) in [(1, "a"), (2, "b")] {
        let write = format!("INSERT INTO posts (id, title) VALUES ({id}, 'x')");
        let write = format!("SET ROLE {app}; SET tenants.tenant = '{tenant}'; {write}");
        scratch.run("login", &write).await;
    }
    [seen_by(scratch, "a").await, seen_by(scratch, "b").await]
}

#[tokio::test]
async fn tables_and_their_policies_come_and_go_in_one_migration() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let before = scratch.snapshot().await;
    // Bytes that an editor or a formatter would touch, and what the rehearsal must have set.
    let up = format!(
        "-- Tables \u{e9}\r\nDO $$ BEGIN ASSERT current_setting('lock_timeout') = '5s'; END $$;\r\n{TABLES}\n\n  "
    );
    let migration = Migration::new(&up, DROP_TABLES);

    let said = stdout(&generate_into(&scratch, &migration.path));
    assert!(said.contains("Completing") && said.contains("down.sql"), "{said}");
    assert_eq!(scratch.snapshot().await, before, "the database is as it was");
    let completed = migration.files();
    assert_eq!(completed.len(), 2, "{completed:?}");
    let added = migration.text("up.sql").strip_prefix(&up).unwrap().to_owned();
    assert!(added.contains("--into") && added.contains("SET LOCAL row_security = off;"), "{added}");
    assert!(added.contains("SET LOCAL lock_timeout = '5s';"), "{added}");
    let removed = migration.text("down.sql").strip_suffix(DROP_TABLES).unwrap().to_owned();
    assert!(removed.contains("--into") && removed.contains("DROP POLICY"), "{removed}");

    let again = stdout(&generate_into(&scratch, &migration.path));
    assert!(again.contains("Nothing to do"), "{again}");
    assert_eq!(migration.files(), completed, "the second run adds nothing");

    let [up, down] = ["up.sql", "down.sql"].map(|file| migration.text(file));
    apply(&scratch, &up.replace("current_setting('lock_timeout') = '5s'", "true")).await;
    let project = Directory::new();
    fs::create_dir(project.join("migrations")).unwrap();
    let said = stdout(&scratch.generate(&project, "again"));
    assert!(said.contains("Nothing to do"), "{said}");
    assert_eq!(written_and_seen(&scratch).await, [["a"], ["b"]]);
    let off = "ALTER TABLE posts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY";
    scratch.run("owner", off).await;
    assert_eq!(seen_by(&scratch, "a").await, ["a", "b"], "without policies, the check fails");

    apply(&scratch, &down).await;
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn tables_that_were_there_before_are_left_to_a_migration_of_their_own() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", "CREATE TABLE posts (id integer PRIMARY KEY, tenant text)").await;
    let before = scratch.snapshot().await;
    // Of the session, and without the last semicolon.
    let up = "CREATE SCHEMA archive; SET search_path = archive;
        CREATE TABLE posts (id integer, tenant uuid, PRIMARY KEY (tenant, id))";
    let migration = Migration::new(up, "DROP SCHEMA archive CASCADE");
    let said = stdout(&generate_into(&scratch, &migration.path));
    let of = |table: &str| said.lines().filter(|line| line.contains(table)).collect::<Vec<_>>();
    assert!(of(r#""public"."posts""#).concat().contains("was there before"), "{said}");
    assert!(of(r#""public"."plans""#).concat().contains("neither in the database"), "{said}");
    assert!(of(r#""archive"."posts""#).is_empty(), "{said}");
    let [up, down] = ["up.sql", "down.sql"].map(|file| migration.text(file));
    for text in [&up, &down] {
        assert!(text.contains(r#""archive"."posts""#), "{text}");
        assert!(!text.contains(r#""public"."posts""#), "{text}");
    }
    assert!(up.contains(r#"GRANT USAGE ON SCHEMA "archive""#), "{up}");
    apply(&scratch, &up).await;
    apply(&scratch, &format!("{down};")).await;
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn a_new_table_asks_for_signatures_where_others_do() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let first =
        "CREATE TABLE posts (id integer, tenant text, title text, PRIMARY KEY (tenant, id));";
    let first = Migration::new(first, "DROP TABLE posts;");
    stdout(&generate_into(&scratch, &first.path));
    let unsigned = first.text("up.sql");
    assert!(!unsigned.contains("verified_tenant"), "{unsigned}");
    apply(&scratch, &unsigned).await;
    for policy in ["tenants_isolation", "tenants_guard"] {
        let is_signed = "\"tenant\" = (SELECT \"tenants\".\"verified_tenant\"())";
        let sign = format!("USING ({is_signed}) WITH CHECK ({is_signed})");
        scratch.run("owner", &format!("ALTER POLICY {policy} ON posts {sign}")).await;
    }
    let second = "CREATE SCHEMA archive; CREATE TABLE archive.posts (id integer, tenant uuid);";
    let second = Migration::new(second, "DROP SCHEMA archive CASCADE;");
    stdout(&generate_into(&scratch, &second.path));
    let signed = second.text("up.sql");
    assert!(
        signed.contains("verified_tenant") && !signed.contains("current_tenant\"())"),
        "{signed}"
    );
}

#[tokio::test]
async fn what_is_no_migration_is_told_without_its_name() {
    let scratch = Scratch::new().await;
    let told = |directory: &Path, file: &str| {
        let said = stderr(&generate_into(&scratch, directory), 1);
        assert!(said.contains("what `--into` names"), "{said}");
        assert!(said.contains(&format!("there is no `{file}`")), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    };
    told(Path::new("postgres://owner:s3cret@localhost/db"), "up.sql");
    for missing in ["up.sql", "down.sql"] {
        let migration = Migration::new(TABLES, DROP_TABLES);
        fs::remove_file(migration.path.join(missing)).unwrap();
        let files = migration.files();
        told(&migration.path, missing);
        assert_eq!(migration.files(), files);
    }
}

#[tokio::test]
async fn what_cannot_be_completed_stays_as_it_is() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", "CREATE TABLE old (id text); CREATE VIEW ids AS SELECT id FROM old").await;
    let before = scratch.snapshot().await;
    let transaction = "cannot run inside of a transaction";
    for (added, expected) in [
        ("CREATE TABLE posts (id integer);", "does not run on this database"),
        ("SELEC 1;", "does not run on this database"),
        ("CREATE INDEX CONCURRENTLY ON old (id);", transaction),
        ("VACUUM;", transaction),
        ("COMMIT;", transaction),
        ("ROLLBACK; CREATE TABLE leftover ();", transaction),
        ("DO $$ BEGIN COMMIT; END $$;", transaction),
        (
            "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$; CALL p();",
            transaction,
        ),
        // Not supported either, and has nothing to do with transactions.
        ("ALTER TABLE old ALTER id TYPE varchar(9);", "does not run on this database"),
        ("SELECT '\0';", "does not run on this database"),
        ("/* open", "does not run on this database"),
        ("SELECT 1 -- ;", "not with what would be added"),
        ("ALTER TABLE posts DROP tenant;", "has no column `tenant`"),
    ] {
        let migration = Migration::new(format!("{TABLES}{added}"), DROP_TABLES);
        let files = migration.files();
        let said = stderr(&generate_into(&scratch, &migration.path), 1);
        assert!(said.contains(expected), "{added}: {said}");
        assert_eq!(migration.files(), files, "{added}");
        assert_eq!(scratch.snapshot().await, before, "{added}");
    }
    let migration = Migration::new([TABLES.as_bytes(), &[0xff]].concat(), DROP_TABLES);
    let said = stderr(&generate_into(&scratch, &migration.path), 1);
    assert!(said.contains("cannot read or write") && said.contains("up.sql"), "{said}");
}

#[tokio::test]
async fn a_migration_without_a_transaction_is_refused() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    for (metadata, is_refused) in [
        ("run_in_transaction = false", true),
        ("", true),
        ("run_in_transaction = yes", true),
        ("run_in_transaction = true", false),
    ] {
        let migration = Migration::new(TABLES, DROP_TABLES);
        fs::write(migration.path.join("metadata.toml"), metadata).unwrap();
        let files = migration.files();
        let output = generate_into(&scratch, &migration.path);
        if is_refused {
            let said = stderr(&output, 1);
            assert!(said.contains("turns the transaction off"), "{metadata}: {said}");
        } else {
            stdout(&output);
        }
        assert_eq!(migration.files() == files, is_refused, "{metadata}");
    }
}

#[tokio::test]
async fn an_applied_migration_is_left_alone() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    // As Diesel writes it.
    let history = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp);
        INSERT INTO __diesel_schema_migrations VALUES";
    scratch.run("owner", &format!("{history} ('202601010000000001')")).await;
    let up = TABLES.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
    let migration = Migration::new(&up, DROP_TABLES);
    stdout(&generate_into(&scratch, &migration.path));
    let files = migration.files();
    let applied = "INSERT INTO __diesel_schema_migrations VALUES ('202601010000000000')";
    scratch.run("owner", applied).await;
    let said = stderr(&generate_into(&scratch, &migration.path), 1);
    assert!(said.contains("is applied already"), "{said}");
    assert_eq!(migration.files(), files);
}

#[cfg(unix)]
#[tokio::test]
async fn files_keep_their_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    let (migration, elsewhere) = (Migration::new(TABLES, DROP_TABLES), Directory::new());
    let (link, target) = (migration.path.join("up.sql"), elsewhere.join("posts.sql"));
    fs::rename(&link, &target).unwrap();
    symlink(&target, &link).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    stdout(&generate_into(&scratch, &migration.path));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&target).unwrap().contains("CREATE POLICY"));
}

#[tokio::test]
async fn a_name_and_signing_are_for_new_migrations() {
    let scratch = Scratch::new().await;
    for (args, expected) in [
        (&["x", "--into", "y"][..], "cannot be used with"),
        (&["--into", "y", "--signing", "on"], "cannot be used with"),
        (&[], "required"),
    ] {
        let args = [&["migration", "generate"], args].concat();
        let said = stderr(&scratch.tenants(&args), 2);
        assert!(said.contains(expected), "{said}");
    }
}
