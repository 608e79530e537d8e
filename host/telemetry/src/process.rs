//! Gauges of this process: CPU, memory, threads, file descriptors.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::metrics::Meter;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// A scrape reads several gauges at once; within this time they share one look at the system.
const FRESH_FOR: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    cpu_seconds: f64,
    resident_bytes: u64,
    threads: Option<u64>,
    open_files: Option<u64>,
}

struct Sampler {
    system: System,
    pid: Pid,
    last: Option<(Instant, Sample)>,
}

impl Sampler {
    fn sample(&mut self) -> Sample {
        if let Some((at, sample)) = self.last
            && at.elapsed() < FRESH_FOR
        {
            return sample;
        }
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().with_tasks();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.pid]), true, what);
        let sample = self.system.process(self.pid).map_or_else(Sample::default, |process| Sample {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of CPU stay far below 2^53")]
            cpu_seconds: process.accumulated_cpu_time() as f64 / 1000.0,
            resident_bytes: process.memory(),
            // The main thread is not among the tasks.
            threads: process.tasks().map(|tasks| tasks.len() as u64 + 1),
            open_files: process.open_files().map(|files| files as u64),
        });
        self.last = Some((Instant::now(), sample));
        sample
    }
}

/// Registers the gauges. A platform that does not tell one of them leaves it out.
pub(crate) fn register(meter: &Meter) {
    let (Ok(system), Ok(pid)) = (System::new(), sysinfo::get_current_pid()) else {
        tracing::warn!("this platform does not tell the CPU and memory of a process; their metrics are absent");
        return;
    };
    let sampler = Arc::new(Mutex::new(Sampler { system, pid, last: None }));
    let read = move || {
        let sampler = sampler.clone();
        move || sampler.lock().unwrap_or_else(PoisonError::into_inner).sample()
    };
    let sample = read();
    let _cpu = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("CPU time that this process has used")
        .with_callback(move |observer| observer.observe(sample().cpu_seconds, &[]))
        .build();
    let sample = read();
    let _memory = meter
        .u64_observable_gauge("process.memory.resident")
        .with_unit("By")
        .with_description("Memory of this process that is resident")
        .with_callback(move |observer| observer.observe(sample().resident_bytes, &[]))
        .build();
    let sample = read();
    let _threads = meter
        .u64_observable_gauge("process.threads")
        .with_description("Threads of this process")
        .with_callback(move |observer| {
            if let Some(threads) = sample().threads {
                observer.observe(threads, &[]);
            }
        })
        .build();
    let sample = read();
    let _files = meter
        .u64_observable_gauge("process.open.files")
        .with_description("Files and sockets that this process holds open")
        .with_callback(move |observer| {
            if let Some(files) = sample().open_files {
                observer.observe(files, &[]);
            }
        })
        .build();
}
