//! Very many files at once, of most of which no event tells, because the system keeps no more than some thousand events.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use wats_tests::{
    asked::number,
    embedded::{Scraped, csv},
    station::{PATIENCE, Setup, Station, files_below, server, until},
    usage::status,
};

/// `WATS_CROWD_FILES` says how many; 50,000 take some minutes.
fn files() -> u64 {
    number("WATS_CROWD_FILES", 5_000)
}

fn memory_kib(station: &Station, line: &str) -> Result<u64> {
    status(station.pid().context("a running station")?, line)
}

async fn found_by_scan(station: &Station) -> Result<f64> {
    Ok(Scraped::of(&station.get("/metrics").await?.1).sum("wats_intake_found_by_scan_total", &[]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_files_of_which_most_events_were_lost_arrives_once_each_with_little_memory() -> Result<()> {
    let files = files();
    let queued: u64 = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events")?.trim().parse()?;
    // Made, opened, written, closed, and renamed from and to.
    if files * 6 < queued * 3 / 2 {
        println!("skipped: {files} files make too few events for a queue of {queued}");
        return Ok(());
    }
    let sim = server(&[])?;
    let setup = Setup { plugins: vec!["csv".into()], log: "warn", ..Setup::with_server(sim.url()) };
    let mut station = Station::new(&setup)?;
    station.start_ready().await?;
    let before = memory_kib(&station, "VmRSS")?;

    station.freeze()?;
    for number in 0..files {
        station.drop_file(&format!("{number:05}.csv"), csv(&format!("SN-{number:05}"), "5.0"))?;
    }
    // Nobody hears of its making; it is watched all the same.
    fs::create_dir(station.inbox().join("late"))?;
    station.thaw()?;
    let began = Instant::now();
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let details = station.details().await?;
        let count = |key: &str| details.pointer(&format!("/queue/{key}")).and_then(Value::as_u64).unwrap_or_default();
        let (delivered, left) =
            (count("reports_delivered"), details.pointer("/inboxes/0/files").and_then(Value::as_u64));
        if delivered == files && left == Some(0) {
            break;
        }
        if delivered > last {
            (last, moved) = (delivered, Instant::now());
        } else if moved.elapsed() > PATIENCE {
            bail!("nothing moves any more: {details:#}\n{}", station.log_tail());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed();
    let by_scan = found_by_scan(&station).await?;
    let (peak, after) = (memory_kib(&station, "VmHWM")?, memory_kib(&station, "VmRSS")?);
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = files as f64 / took.as_secs_f64();
    println!(
        "{files} files in {took:.1?}, {rate:.0}/s; {by_scan} found by the scan alone; memory {} MiB before, {} MiB at the most, \
         {} MiB after",
        before >> 10,
        peak >> 10,
        after >> 10
    );

    // The queue of events did overflow: no event told of what does not fit into it.
    #[expect(clippy::cast_precision_loss, reason = "a count of files")]
    let least = files.saturating_sub(queued / 2) as f64;
    assert!(by_scan >= least.max(1.0), "{by_scan} files were found by the scan alone, at least {least} must have been");
    let stats = sim.control().stats().await?;
    assert_eq!((stats.reports_distinct, stats.reports_duplicate, stats.reports_overwritten), (files, 0, 0));
    assert_eq!(files_below(&station.inbox())?.len(), 0);
    assert_eq!(files_below(&station.archive())?.len() as u64, files);
    for number in 0..3 {
        station.drop_file(&format!("late/{number}.csv"), csv(&format!("LATE-{number}"), "5.0"))?;
        until("a file of which an event told", || async {
            let details = station.details().await?;
            let delivered = details.pointer("/queue/reports_delivered").and_then(Value::as_u64);
            Ok((delivered == Some(files + number + 1)).then_some(()))
        })
        .await?;
    }
    assert_eq!(found_by_scan(&station).await?, by_scan);
    // What is known of a file that waits, and no more.
    let most = before + (64 << 10) + files;
    assert!(peak < most, "{peak} KiB at the most; {most} KiB are allowed");
    station.stop().await?;
    Ok(())
}
