//! Reading what a process used, and what a list of figures says.

use std::fs;

/// Clock ticks in a second as `/proc` counts them: 100 on every Linux.
const TICKS: f64 = 100.0;

/// Seconds of CPU that this thread takes for something: what else the machine does is not in it.
pub(crate) fn on_this_thread<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = thread_seconds();
    let done = work();
    (done, thread_seconds() - began)
}

#[cfg(unix)]
fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// By the clock, where the system does not tell the thread's own time without `unsafe`.
#[cfg(not(unix))]
fn thread_seconds() -> f64 {
    use std::{sync::LazyLock, time::Instant};
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_secs_f64()
}

/// Seconds of CPU that a process and its threads have used.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th word behind it.
    let words: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    words[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}

/// A line of `/proc/<pid>/status` in MiB: `VmRSS` is memory now, `VmHWM` the most so far.
pub(crate) fn memory_mib(pid: u32, line: &str) -> f64 {
    wats_tests::usage::status(pid, line).unwrap() as f64 / 1024.0
}

/// The figure below which a share of them lies.
pub(crate) fn percentile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a short list")]
    let index = ((figures.len() as f64 * share).ceil() as usize).clamp(1, figures.len());
    figures[index - 1]
}

pub(crate) fn median(figures: &mut [f64]) -> f64 {
    percentile(figures, 0.5)
}
