//! Answers that outlive the client that got them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wats_client::{CacheMode, Client, Error, Freshness, Resource};

use crate::support::{PASSWORD, Server, TOKEN, builder, json, quick_retry, reply};

const PRODUCT: &str = r#"{"partNumber":"P-1","name":"Lamp","colour":"red"}"#;

fn keeping(url: &str, dir: &Path) -> Client {
    builder(url).cache_dir(dir).retry(quick_retry(1)).build().unwrap()
}

async fn name(client: &Client) -> Result<(Option<String>, Freshness), Error> {
    let product = client.product().by_part_number("P-1").await?.unwrap();
    Ok((product.name.clone(), product.freshness()))
}

/// Two clients one after the other, of which the second meets no server.
#[tokio::test]
async fn a_lookup_works_after_a_restart_without_the_server_and_says_how_old_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("made/when/needed");
    let server = Server::wats(|_| async { json(200, PRODUCT) }).await;
    name(&keeping(&server.url, &folder)).await.unwrap();
    let url = server.url.clone();
    drop(server);
    let later = keeping(&url, &folder);
    let (found, freshness) = name(&later).await.unwrap();
    assert_eq!(found.as_deref(), Some("Lamp"));
    assert!(matches!(freshness, Freshness::Stale { age } if age < Duration::from_mins(1)), "{freshness:?}");
    let only = later.product().by_part_number("P-1").cache(CacheMode::CachedOnly).await.unwrap().unwrap();
    assert_eq!(only.other["colour"], "red", "what we do not know is kept too");
    // What was never seen, or by another account, is not there.
    assert!(later.product().by_part_number("P-2").await.is_err());
    let other = builder(&url).token("b3RoZXI6cGFzc3dvcmQ=".into()).cache_dir(&folder).retry(quick_retry(1));
    assert!(name(&other.build().unwrap()).await.is_err());
}

#[tokio::test]
async fn after_a_restart_the_server_is_asked_whether_the_kept_answer_still_holds() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::wats(|seen| async move {
        match seen.header("if-none-match") {
            Some("\"v1\"") => reply(304, &[("etag", "\"v1\"")], ""),
            _ => reply(200, &[("etag", "\"v1\""), ("content-type", "application/json")], PRODUCT),
        }
    })
    .await;
    name(&keeping(&server.url, dir.path())).await.unwrap();
    let later = name(&keeping(&server.url, dir.path())).await.unwrap();
    assert_eq!(later, (Some("Lamp".to_owned()), Freshness::Server));
    let asked: Vec<_> = server.seen().iter().map(|seen| seen.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(asked, [None, Some("\"v1\"".to_owned())]);
}

#[tokio::test]
async fn what_a_write_touched_or_the_server_knows_no_longer_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let exists = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&exists);
    let server = Server::wats(move |_| {
        let exists = now.load(Ordering::SeqCst);
        async move { if exists { json(200, PRODUCT) } else { json(404, r#"{"message":"no"}"#) } }
    })
    .await;
    let is_kept = async || {
        let later = keeping(&server.url, dir.path());
        match later.product().by_part_number("P-1").cache(CacheMode::CachedOnly).await {
            Ok(found) => found.is_some(),
            Err(error) => {
                assert!(matches!(error, Error::NotCached { .. }), "{error}");
                false
            }
        }
    };
    let client = keeping(&server.url, dir.path());
    name(&client).await.unwrap();
    assert!(is_kept().await);
    client.invalidate(Resource::Products);
    assert!(!is_kept().await);
    name(&client).await.unwrap();
    assert!(is_kept().await, "after the write it is kept again");
    exists.store(false, Ordering::SeqCst);
    assert!(keeping(&server.url, dir.path()).product().by_part_number("P-1").await.unwrap().is_none());
    assert!(!is_kept().await);
}

#[tokio::test]
async fn no_file_holds_the_token_or_what_the_server_forbids_to_keep() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::wats(|seen| async move {
        let keep = if seen.uri.ends_with("P-1") { "private" } else { "no-store" };
        reply(200, &[("cache-control", keep), ("content-type", "application/json")], PRODUCT)
    })
    .await;
    let client = keeping(&server.url, dir.path());
    for part_number in ["P-1", "P-2"] {
        client.product().by_part_number(part_number).await.unwrap();
    }
    let files: Vec<_> = fs::read_dir(dir.path().join("products")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("/api/Product/P-1") && !text.contains(TOKEN) && !text.contains(PASSWORD), "{text}");
}
