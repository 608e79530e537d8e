//! What a process uses, as Linux tells it.

use std::fs;

use anyhow::{Context as _, Result};

/// The number in a line of `/proc/<pid>/status`, such as `VmRSS` (memory now), `VmHWM` (the most so far; both in KiB), `Threads`.
///
/// # Errors
/// When there is no such process, or no such line.
pub fn status(pid: u32, line: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let number = found.and_then(|text| text.split_whitespace().next()).with_context(|| format!("find {line}"))?;
    Ok(number.parse()?)
}
