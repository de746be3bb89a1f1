//! `tenants key`, and the rotation of keys under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tenants_diesel::{Isolation, ScopeError, SigningError, SigningKey};
use tenants_tests::Database;

use super::{Signed, titles};

#[tokio::test]
async fn keys_are_added_listed_rotated_and_removed() {
    let db = Database::new().await;
    let (none, _) = db.cli(&["key", "list"]).await;
    assert!(none.contains("no keys"), "{none}");

    let (first, hint) = db.cli(&["key", "add"]).await;
    let first: SigningKey = first.parse().unwrap();
    assert!(hint.contains(first.id()), "{hint}");
    let (second, hint) = db.cli(&["key", "rotate", "--grace", "2h"]).await;
    let second: SigningKey = second.parse().unwrap();
    assert!(hint.contains("2h"), "{hint}");

    let (list, _) = db.cli(&["key", "list"]).await;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[1].starts_with(first.id()) && lines[1].ends_with("UTC"), "{list}");
    assert!(lines[2].starts_with(second.id()) && lines[2].ends_with("never"), "{list}");

    db.cli(&["key", "remove", first.id()]).await;
    let (code, _, refused) = db.try_cli(&["key", "remove", first.id()]).await;
    assert!(code == 1 && refused.contains("there is no key"), "{refused}");
    let (code, _, refused) = db.try_cli(&["key", "remove", second.id()]).await;
    assert!(code == 1 && refused.contains("--last"), "{refused}");
    db.cli(&["key", "remove", second.id(), "--last"]).await;
}

#[tokio::test]
async fn a_key_goes_to_a_file_of_its_owner() {
    let db = Database::new().await;
    let path = std::env::temp_dir().join(format!("tenants-key-{}", tenants_tests::unique_id()));
    let file = path.to_str().unwrap();
    let (output, _) = db.cli(&["key", "add", "--file", file]).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let key: SigningKey = text.parse().unwrap();
    assert!(output.contains(key.id()) && !output.contains(text.trim()), "{output}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // No key is made that nobody has.
    let (code, _, refused) = db.try_cli(&["key", "add", "--file", file]).await;
    assert!(code == 1 && refused.contains("cannot be made"), "{refused}");
    assert_eq!(db.cli(&["key", "list"]).await.0.lines().count(), 2);
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn wrong_arguments_are_told_and_not_shown() {
    let db = Database::new().await;
    let secret = format!("tenants_key_0a1b2c3d_{}", "9f".repeat(32));
    let (code, _, refused) = db.try_cli(&["key", "remove", &secret]).await;
    assert_eq!(code, 2);
    assert!(!refused.contains(&"9f".repeat(32)), "{refused}");
    let (code, _, refused) = db.try_cli(&["key", "rotate", "--grace", "soon"]).await;
    assert!(code == 2 && refused.contains("--grace"), "{refused}");
    let secret = secret.replace('9', "G");
    assert!(!secret.parse::<SigningKey>().unwrap_err().to_string().contains("G"));
}

#[tokio::test]
async fn a_rotation_under_load_fails_no_request() {
    const TASKS: usize = 8;
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().max_size(4).build().await.unwrap();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let tasks = (0..TASKS).map(|task| {
        let (pool, stop, done) = (pool.clone(), Arc::clone(&stop), Arc::clone(&done));
        let tenant = if task % 2 == 0 { signed.a.clone() } else { signed.b.clone() };
        let own = if task % 2 == 0 { 2 } else { 1 };
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let seen = match task % 3 {
                    0 => titles(&mut pool.get(&tenant).await.unwrap()).await,
                    1 => pool.read(&tenant, async |conn| titles(conn).await).await,
                    _ => pool.transaction(&tenant, async |conn| titles(conn).await).await,
                };
                assert_eq!(seen.unwrap().len(), own);
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let more = async |count| {
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + count
            && tasks.iter().all(|t| !t.is_finished())
        {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let mut old = signed.key.id().to_owned();
    for _ in 0..5 {
        more(50).await;
        let key: SigningKey =
            signed.db.cli(&["key", "rotate", "--grace", "1h"]).await.0.parse().unwrap();
        more(50).await;
        let new = key.id().to_owned();
        pool.rotate_key(key).await.unwrap();
        // Every scope that was entered before is left by now.
        more(50 + TASKS).await;
        signed.db.cli(&["key", "remove", &old]).await;
        old = new;
    }
    more(50).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_not_known_does_not_take_the_place_of_one_that_is() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let other = Signed::new(Isolation::SharedRole).await.key;
    let pool = signed.pool().await;
    let refused = pool.rotate_key(other.clone()).await.unwrap_err();
    assert!(matches!(refused, SigningError::Refused { .. }), "{refused}");
    let read = pool.read(&signed.a, async |conn| titles(conn).await);
    assert_eq!(read.await.unwrap().len(), 2);
    let unsigned = Database::new().await.pool().await;
    assert!(matches!(unsigned.rotate_key(other).await, Err(SigningError::NotSigned)));
}

/// In an emergency: from the next statement on, also in a transaction that runs.
#[tokio::test]
async fn what_a_removed_key_signed_counts_no_more() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.pool().await;
    let seen = pool.transaction(&signed.a, async |conn| {
        titles(conn).await?;
        signed.db.cli(&["key", "remove", signed.key.id(), "--last"]).await;
        titles(conn).await
    });
    assert_eq!(ScopeError::of(&seen.await.unwrap_err()), Some(ScopeError::SignatureInvalid));
}

/// Retired, it counts for transactions that began before.
#[tokio::test]
async fn what_a_retired_key_signed_ends_in_peace() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.pool().await;
    let seen = pool.transaction(&signed.a, async |conn| {
        titles(conn).await?;
        signed.db.cli(&["key", "rotate", "--grace", "0s"]).await;
        titles(conn).await
    });
    assert_eq!(seen.await.unwrap().len(), 2);
    let seen = pool.read(&signed.a, async |conn| titles(conn).await);
    assert_eq!(ScopeError::of(&seen.await.unwrap_err()), Some(ScopeError::SignatureExpired));
}
