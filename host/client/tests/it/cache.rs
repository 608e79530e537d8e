use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use wats_client::{CacheMode, Client, Error, ErrorClass, Freshness, Resource};

use crate::support::{Server, builder, client, html, json, quick_retry, reply};

const PRODUCT: &str =
    r#"{"partNumber":"P-1","name":null,"state":1,"revisions":[{"revision":"B"}],"tags":null,"colour":"red"}"#;

async fn products() -> Server {
    Server::wats(|_| async { json(200, PRODUCT) }).await
}

async fn ask(client: &Client) -> Freshness {
    client.product().by_part_number("P-1").await.unwrap().unwrap().freshness()
}

#[tokio::test]
async fn a_value_is_one_segment_of_the_path_whatever_it_contains() {
    let server = products().await;
    client(&server.url).product().by_part_number("A/B C#1?x").await.unwrap();
    assert_eq!(server.seen()[0].uri, "/api/Product/A%2FB%20C%231%3Fx");
    for bad in ["", ".", ".."] {
        let error = client(&server.url).product().by_part_number(bad).await.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_second_lookup_makes_no_request_and_keeps_what_we_do_not_know() {
    let server = products().await;
    let client = client(&server.url);
    assert_eq!(ask(&client).await, Freshness::Server);
    assert!(matches!(ask(&client).await, Freshness::Cached { .. }));
    assert_eq!(server.count("/api/Product"), 1);
    let product = client.product().by_part_number("P-1").await.unwrap().unwrap();
    assert_eq!((product.revisions[0].revision.as_str(), &product.other["colour"]), ("B", &"red".into()));
    let stats = client.cache_stats().unwrap();
    assert_eq!((stats.hits, stats.misses), (2, 1));
    assert!((stats.hit_rate() - 2.0 / 3.0).abs() < 1e-9);
}

#[tokio::test]
async fn what_a_caller_does_with_its_copy_stays_with_the_caller() {
    let server = products().await;
    let client = client(&server.url);
    let first = client.product().by_part_number("P-1").await.unwrap().unwrap();
    let mut mine = (*first).clone();
    mine.part_number = "changed".into();
    mine.revisions.clear();
    let second = client.product().by_part_number("P-1").await.unwrap().unwrap();
    assert_eq!((second.part_number.as_str(), second.revisions.len()), ("P-1", 1));
    assert!(Arc::ptr_eq(&first.into_value(), &second.into_value()), "the value is made once and shared");
}

#[tokio::test]
async fn simultaneous_equal_lookups_make_one_request_and_share_also_its_failure() {
    let fails = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&fails);
    let server = Server::wats(move |_| {
        let fails = now.load(Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            if fails { json(400, r#"{"message":"no"}"#) } else { json(200, PRODUCT) }
        }
    })
    .await;
    let client = builder(&server.url).retry(quick_retry(1)).build().unwrap();
    for (failing, ok) in [(false, 10), (true, 0)] {
        fails.store(failing, Ordering::SeqCst);
        client.clear_cache();
        let before = server.count("/api/Product");
        let mut all = JoinSet::new();
        for _ in 0..10 {
            let client = client.clone();
            all.spawn(async move { client.product().by_part_number("P-1").await.is_ok() });
        }
        assert_eq!(all.join_all().await.into_iter().filter(|ok| *ok).count(), ok);
        assert_eq!(server.count("/api/Product") - before, 1, "failing: {failing}");
    }
}

#[tokio::test]
async fn an_answer_grows_old_and_is_confirmed_by_its_tag_without_being_sent_again() {
    let server = Server::wats(|seen| async move {
        match seen.header("if-none-match") {
            Some("\"v1\"") => reply(304, &[("etag", "\"v1\"")], ""),
            _ => reply(200, &[("etag", "\"v1\""), ("content-type", "application/json")], PRODUCT),
        }
    })
    .await;
    let client = builder(&server.url).cache_ttl(Duration::ZERO).build().unwrap();
    for _ in 0..3 {
        let product = client.product().by_part_number("P-1").await.unwrap().unwrap();
        assert_eq!((product.part_number.as_str(), product.freshness()), ("P-1", Freshness::Server));
    }
    let asked: Vec<_> = server.seen().iter().map(|s| s.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(asked, [None, Some("\"v1\"".into()), Some("\"v1\"".into())]);
}

#[tokio::test]
async fn an_answer_is_asked_for_again_after_its_time() {
    let server = products().await;
    let client = builder(&server.url)
        .cache_ttl(Duration::from_mins(1))
        .cache_ttl_for(Resource::Products, Duration::from_millis(60))
        .build()
        .unwrap();
    ask(&client).await;
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(ask(&client).await, Freshness::Server);
}

#[tokio::test]
async fn the_server_can_forbid_keeping() {
    let count = Arc::new(AtomicU32::new(0));
    let requests = Arc::clone(&count);
    let server = Server::wats(move |_| {
        requests.fetch_add(1, Ordering::SeqCst);
        async { reply(200, &[("cache-control", "private, no-store"), ("etag", "\"x\"")], PRODUCT) }
    })
    .await;
    let client = client(&server.url);
    ask(&client).await;
    ask(&client).await;
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(server.seen()[1].header("if-none-match"), None, "it was kept after all");
    let error = client.product().by_part_number("P-1").cache(CacheMode::CachedOnly).await.unwrap_err();
    assert!(matches!(error, Error::NotCached { .. }), "{error:?}");
}

#[tokio::test]
async fn while_the_server_is_away_the_old_answer_stands_in_and_says_so() {
    let away = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&away);
    let server = Server::wats(move |_| {
        let away = now.load(Ordering::SeqCst);
        async move { if away { json(503, "") } else { json(200, PRODUCT) } }
    })
    .await;
    let client = builder(&server.url).cache_ttl(Duration::from_millis(1)).build().unwrap();
    ask(&client).await;
    away.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(matches!(ask(&client).await, Freshness::Stale { .. }));
    let requests = server.count("/api/Product");
    assert!(matches!(ask(&client).await, Freshness::Stale { .. }));
    assert_eq!(server.count("/api/Product"), requests, "a dead server is not asked for each lookup");
    assert_eq!(client.cache_stats().unwrap().stale, 1);
    // What was never seen cannot stand in.
    assert!(client.product().by_part_number("P-2").await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_lookup_that_began_before_a_write_does_not_survive_it() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&arrived), Arc::clone(&go));
    let first = Arc::new(AtomicBool::new(true));
    let server = Server::wats(move |_| {
        let (tell, wait, first) = (Arc::clone(&tell), Arc::clone(&wait), Arc::clone(&first));
        async move {
            if !first.swap(false, Ordering::SeqCst) {
                return json(200, r#"{"partNumber":"P-1","name":"new"}"#);
            }
            tell.notify_one();
            wait.notified().await;
            json(200, r#"{"partNumber":"P-1","name":"old"}"#)
        }
    })
    .await;
    let client = client(&server.url);
    let before = client.clone();
    let mut reading = JoinSet::new();
    reading.spawn(async move { before.product().by_part_number("P-1").await.unwrap().unwrap().name.clone() });
    arrived.notified().await;
    client.invalidate(Resource::Products);
    // Not even joined: the new lookup asks for itself while the old one is still under way.
    let product = client.product().by_part_number("P-1").await.unwrap().unwrap();
    assert_eq!(product.name.as_deref(), Some("new"));
    go.notify_one();
    assert_eq!(reading.join_next().await.unwrap().unwrap().as_deref(), Some("old"));
    let product = client.product().by_part_number("P-1").await.unwrap().unwrap();
    assert_eq!(product.name.as_deref(), Some("new"), "the old answer was kept after the write");
}

#[tokio::test]
async fn each_mode_does_what_it_says() {
    let server = products().await;
    let client = client(&server.url);
    let with = |mode| client.product().by_part_number("P-1").cache(mode);
    assert!(matches!(with(CacheMode::CachedOnly).await, Err(Error::NotCached { .. })));
    with(CacheMode::Bypass).await.unwrap();
    assert!(matches!(with(CacheMode::CachedOnly).await, Err(Error::NotCached { .. })));
    with(CacheMode::Refresh).await.unwrap();
    with(CacheMode::CachedOnly).await.unwrap().unwrap();
    with(CacheMode::Use).await.unwrap();
    assert_eq!(server.count("/api/Product"), 2);
    with(CacheMode::Refresh).await.unwrap();
    assert_eq!(server.count("/api/Product"), 3);
    client.clear_cache();
    assert!(matches!(with(CacheMode::CachedOnly).await, Err(Error::NotCached { .. })));
}

#[tokio::test]
async fn without_a_cache_every_lookup_asks() {
    let server = products().await;
    let client = builder(&server.url).enable_cache(false).build().unwrap();
    ask(&client).await;
    ask(&client).await;
    assert_eq!((server.count("/api/Product"), client.cache_stats()), (2, None));
}

#[tokio::test]
async fn the_cache_keeps_to_its_entries_and_to_its_bytes() {
    let server =
        Server::wats(|_| async { json(200, &format!(r#"{{"partNumber":"P","description":"{}"}}"#, "x".repeat(2000))) })
            .await;
    let few = builder(&server.url).cache_max_size(10).build().unwrap();
    let small = builder(&server.url).cache_max_bytes(100_000).build().unwrap();
    for client in [&few, &small] {
        for n in 0..200 {
            client.product().by_part_number(&format!("P-{n}")).await.unwrap();
        }
        // The bookkeeping runs with the lookups.
        tokio::time::sleep(Duration::from_millis(20)).await;
        client.product().by_part_number("P-1").await.unwrap();
    }
    let (few, small) = (few.cache_stats().unwrap(), small.cache_stats().unwrap());
    assert!((1..=10).contains(&few.entries) && few.evictions > 0, "{few:?}");
    assert!(small.entries > 0 && small.bytes <= 100_000 && small.evictions > 0, "{small:?}");
}

#[tokio::test]
async fn the_version_is_asked_for_each_time() {
    let up = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&up);
    let server = Server::start(move |_| {
        let up = now.load(Ordering::SeqCst);
        async move { if up { json(200, "\"24.1.0\"") } else { json(503, "") } }
    })
    .await;
    let client = builder(&server.url).retry(quick_retry(1)).build().unwrap();
    assert_eq!(client.version().await.unwrap().numbers(), [24, 1, 0]);
    up.store(false, Ordering::SeqCst);
    assert_eq!(client.version().await.unwrap_err().status(), Some(503));
}

#[tokio::test]
async fn a_part_number_that_does_not_exist_is_no_error_but_a_wrong_address_is() {
    for body in [r#"{"message":"not found"}"#, "", r#"{"message":"Product P-1 not found"}"#] {
        let server = Server::wats(move |_| async move { json(404, body) }).await;
        assert!(client(&server.url).product().by_part_number("P-1").await.unwrap().is_none(), "{body}");
    }
    let empty = Server::wats(|_| async { json(200, "null") }).await;
    assert!(client(&empty.url).product().by_part_number("P-1").await.unwrap().is_none());
    let wrong = Server::wats(|_| async { html(404, "<html><title>IIS</title></html>") }).await;
    let error = client(&wrong.url).product().by_part_number("P-1").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Foreign);
    let odd = Server::wats(|_| async { json(200, r#"["not a product"]"#) }).await;
    let error = client(&odd.url).product().by_part_number("P-1").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Foreign, "{error}");
}

#[tokio::test]
async fn processes_are_found_by_name_the_exact_one_first() {
    let server = Server::wats(|_| async {
        json(
            200,
            r#"[{"code":500,"name":"repair","isRepairOperation":true},
                {"Code":20,"Name":"Final Test","IsTestOperation":true,"IsWIPOperation":null,"ProcessID":"","extra":[1]},
                {"code":10,"name":"final test","isTestOperation":true},
                {"code":501,"name":"Repair","isRepairOperation":true},
                {"code":30,"name":"Repair","isTestOperation":true},
                {"code":40,"name":null}]"#,
        )
    })
    .await;
    let client = client(&server.url);
    let code = async |name: &str| client.process().by_name(name).await.unwrap().and_then(|p| p.code);
    assert_eq!(code("Final Test").await, Some(20));
    assert_eq!(code("final test").await, Some(10));
    assert_eq!(code(" FINAL TEST ").await, Some(10));
    assert_eq!(code("Repair").await, Some(30));
    assert_eq!(code("repair").await, Some(500));
    assert_eq!(code("").await, None);
    let process = client.process().by_code(20).await.unwrap().unwrap();
    assert_eq!((process.process_id, &process.other["extra"]), (None, &serde_json::json!([1])));
    assert_eq!(server.count("/api/App/Processes"), 1);
    let uri = &server.seen()[0].uri;
    assert!(uri.ends_with("?includeTestOperations=true&includeRepairOperations=true&includeWipOperations=true&includeInactiveProcesses=false"), "{uri}");
}

#[tokio::test]
async fn a_server_that_is_only_slow_is_waited_for_the_second_time_and_a_refresh_gives_its_answer_or_its_error() {
    let slow = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&slow);
    let server = Server::wats(move |_| {
        let slow = now.load(Ordering::SeqCst);
        async move {
            if slow {
                tokio::time::sleep(Duration::from_millis(3_400)).await;
            }
            json(200, &format!(r#"{{"partNumber":"P-1","name":"{}"}}"#, if slow { "new" } else { "old" }))
        }
    })
    .await;
    let timeouts = wats_client::Timeouts { read: Duration::from_secs(10), ..wats_client::Timeouts::default() };
    let client = builder(&server.url).timeouts(timeouts).cache_ttl(Duration::ZERO).build().unwrap();
    let name = async |mode| {
        let product = client.product().by_part_number("P-1").cache(mode).await?.unwrap();
        Ok::<_, Error>((product.name.clone().unwrap(), matches!(product.freshness(), Freshness::Stale { .. })))
    };
    name(CacheMode::Use).await.unwrap();
    slow.store(true, Ordering::SeqCst);
    assert_eq!(name(CacheMode::Use).await.unwrap(), ("old".to_owned(), true));
    assert_eq!(name(CacheMode::Refresh).await.unwrap(), ("new".to_owned(), false));
    let error = client.product().by_part_number("P-1").cache(CacheMode::Refresh).deadline(Duration::from_secs(1)).await;
    assert!(matches!(error, Err(Error::Deadline { .. })), "{error:?}");
}

#[tokio::test]
async fn what_the_server_says_now_takes_the_place_of_all_that_it_said_before() {
    let step = Arc::new(AtomicU32::new(0));
    let now = Arc::clone(&step);
    let server = Server::wats(move |_| {
        let step = now.load(Ordering::SeqCst);
        async move {
            match step {
                0 | 3 => json(200, PRODUCT),
                1 => json(404, r#"{"message":"no such product"}"#),
                2 => json(200, "null"),
                _ => reply(200, &[("cache-control", "no-store")], PRODUCT),
            }
        }
    })
    .await;
    let client = client(&server.url);
    let with = |mode| client.product().by_part_number("P-1").cache(mode);
    with(CacheMode::Use).await.unwrap().unwrap();
    step.store(1, Ordering::SeqCst);
    assert!(with(CacheMode::Refresh).await.unwrap().is_none());
    assert!(with(CacheMode::Use).await.unwrap().is_none(), "what was deleted is not found in the cache");
    // That there is none is not remembered.
    step.store(2, Ordering::SeqCst);
    assert!(with(CacheMode::Use).await.unwrap().is_none());
    step.store(3, Ordering::SeqCst);
    assert!(with(CacheMode::Use).await.unwrap().is_some());
    step.store(4, Ordering::SeqCst);
    with(CacheMode::Refresh).await.unwrap().unwrap();
    client.version().await.unwrap();
    let kept = with(CacheMode::CachedOnly).await;
    assert!(matches!(kept, Err(Error::NotCached { .. })), "{kept:?}");
}

#[tokio::test]
async fn a_write_that_was_given_up_is_seen_by_the_next_read_and_one_that_never_left_forgets_nothing() {
    let name = Arc::new(std::sync::Mutex::new("old"));
    let now = Arc::clone(&name);
    let server = Server::wats(move |seen| {
        let now = Arc::clone(&now);
        async move {
            if seen.method == "PUT" {
                *now.lock().unwrap() = "new";
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            let name = *now.lock().unwrap();
            json(200, &format!(r#"{{"partNumber":"P-1","name":"{name}"}}"#))
        }
    })
    .await;
    let client = client(&server.url);
    let read = async || client.product().by_part_number("P-1").await.unwrap().unwrap().name.clone();
    assert_eq!(read().await.as_deref(), Some("old"));
    let product = wats_client::Product::new("P-1");
    client.product().save(&product).deadline(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(read().await.as_deref(), Some("new"));
    // Nobody listens: what was not sent has changed nothing.
    let sim = wats_sim::Sim::start(wats_sim::SimOptions::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let new =
        || builder(&sim.url()).token(wats_sim::DEMO_TOKEN.to_owned().into()).cache_dir(dir.path()).build().unwrap();
    new().product().by_part_number("LAMP-7").await.unwrap().unwrap();
    sim.handle().close_listener(None).await;
    // One that has no connection yet: of an open one that breaks it is not known what came through.
    let client = new();
    let error = client.product().save(&product).deadline(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let kept = client.product().by_part_number("LAMP-7").cache(CacheMode::CachedOnly).await.unwrap();
    assert!(kept.is_some());
}
