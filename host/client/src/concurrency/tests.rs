use std::time::Duration;

use super::*;

const USUAL: Duration = Duration::from_millis(100);

/// `rounds` times: as many submissions at once as the limit allows, all with this latency.
async fn busy(concurrency: &Concurrency, rounds: usize, latency: Duration) {
    for _ in 0..rounds {
        let mut permits = Vec::new();
        while let Some(permit) = concurrency.try_acquire() {
            permits.push(permit);
        }
        tokio::time::advance(latency).await;
        for permit in permits {
            permit.succeeded(latency);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_grows_by_about_one_per_round_and_not_past_the_most() {
    let concurrency = Concurrency::new(2, 6);
    busy(&concurrency, 2, USUAL).await;
    assert!((3..=4).contains(&concurrency.limit()), "{}", concurrency.limit());
    busy(&concurrency, 20, USUAL).await;
    assert_eq!(concurrency.limit(), 6);
    assert_eq!(concurrency.in_use(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_time_proves_nothing() {
    let concurrency = Concurrency::new(4, 32);
    for _ in 0..100 {
        concurrency.acquire().await.succeeded(USUAL);
    }
    assert_eq!(concurrency.limit(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_overload_halves_once_however_many_were_under_way() {
    let concurrency = Concurrency::new(16, 32);
    let permits: Vec<_> = std::iter::from_fn(|| concurrency.try_acquire()).collect();
    assert_eq!((permits.len(), concurrency.in_use()), (16, 16));
    for permit in permits {
        permit.refused();
    }
    assert_eq!(concurrency.limit(), 8);
    assert_eq!(std::iter::from_fn(|| concurrency.try_acquire()).collect::<Vec<_>>().len(), 8);
    tokio::time::advance(COOLDOWN).await;
    for expected in [4, 2, 1, 1] {
        concurrency.acquire().await.refused();
        assert_eq!(concurrency.limit(), expected);
        tokio::time::advance(COOLDOWN).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rising_latency_lowers_the_limit_before_the_server_refuses() {
    let concurrency = Concurrency::new(10, 10);
    busy(&concurrency, 3, USUAL).await;
    assert_eq!(concurrency.limit(), 10);
    busy(&concurrency, 1, USUAL * 5).await;
    assert_eq!(concurrency.limit(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_became_slower_for_good_is_accepted_in_time() {
    let concurrency = Concurrency::new(4, 8);
    busy(&concurrency, 2, USUAL).await;
    busy(&concurrency, 60, USUAL * 4).await;
    assert_eq!(concurrency.limit(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_permit_dropped_without_an_outcome_comes_back_and_says_nothing() {
    let concurrency = Concurrency::new(1, 8);
    drop(concurrency.acquire().await);
    let second = concurrency.try_acquire();
    assert!(second.is_some() && concurrency.try_acquire().is_none());
    assert_eq!(concurrency.limit(), 1);
}
