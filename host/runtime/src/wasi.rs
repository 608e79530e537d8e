//! WASI for components that come with WASI imports: everything is there and nothing does anything. No files, no
//! environment, no arguments, no network; the clock stands at the file's time of change; random bits follow from the
//! file's digest; what is printed becomes log lines. Components without WASI imports never meet this.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{DynPollable, OutputStream, Pollable, StreamResult, subscribe};
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::conversion::Level;
use crate::log::Log;
use crate::state::State;

/// Bytes of random that are computed from a digest; they repeat after that.
const RANDOM_BYTES: usize = 4096;
/// Random bytes that one call may ask for.
const MAX_RANDOM_BYTES: u64 = 1 << 20;
/// What is kept of what a guest prints, from its beginning.
const MAX_PRINTED_BYTES: usize = 256 * 1024;
/// What is kept of the rest, from its end: there an exception's text is. What lies between is only counted.
const MAX_LAST_PRINTED_BYTES: usize = 8 * 1024;
/// What one write may hold.
const WRITE_BYTES: usize = 64 * 1024;

/// The WASI of one call.
pub(crate) struct InertWasi {
    ctx: WasiCtx,
    stdout: Printed,
    stderr: Printed,
}

impl InertWasi {
    /// Made from what the call's source is, and from nothing else.
    pub(crate) fn new(modified: Duration, digest: &[u8; 32]) -> Self {
        let (stdout, stderr) = (Printed::default(), Printed::default());
        let (seed, _) = digest.split_at(16);
        let seed = seed.iter().fold(0, |sum: u128, byte| (sum << 8) | u128::from(*byte));
        let ctx = WasiCtxBuilder::new()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .wall_clock(StandingClock(modified))
            .monotonic_clock(StandingClock(modified))
            .secure_random(Deterministic::new(random_bytes(digest, b"secure")))
            .insecure_random(Deterministic::new(random_bytes(digest, b"insecure")))
            .insecure_random_seed(seed)
            .max_random_size(MAX_RANDOM_BYTES)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { ctx, stdout, stderr }
    }

    /// What was printed, as log lines.
    pub(crate) fn drain_into(&self, log: &mut Log) {
        for (printed, level) in [(&self.stdout, Level::Info), (&self.stderr, Level::Warn)] {
            let kept = std::mem::take(&mut *printed.0.lock().unwrap_or_else(PoisonError::into_inner));
            let (bytes, dropped) = kept.into_bytes();
            log.count_dropped(dropped);
            for line in String::from_utf8_lossy(&bytes).lines().filter(|line| !line.trim().is_empty()) {
                log.push_output(level, line);
            }
        }
    }
}

fn random_bytes(digest: &[u8; 32], what: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    (0..u32::MAX)
        .flat_map(|counter| {
            Sha256::new().chain_update(digest).chain_update(what).chain_update(counter.to_le_bytes()).finalize()
        })
        .take(RANDOM_BYTES)
        .collect()
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi.get_or_insert_with(|| Box::new(InertWasi::new(Duration::ZERO, &[0; 32])));
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut self.table }
    }
}

/// Puts inert WASI into a linker: all of it but sockets, which whoever imports them may not call.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    // Waiting for a clock that stands would take for ever, and would really block this thread: no time passes here.
    linker.allow_shadowing(true);
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("subscribe-instant", |mut store: wasmtime::StoreContextMut<'_, State>, (_,): (u64,)| {
        Ok((at_once(&mut store.data_mut().table)?,))
    })?;
    clock.func_wrap("subscribe-duration", |mut store: wasmtime::StoreContextMut<'_, State>, (_,): (u64,)| {
        Ok((at_once(&mut store.data_mut().table)?,))
    })?;
    for (interface, function) in [
        ("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket"),
        ("wasi:sockets/udp-create-socket@0.2.12", "create-udp-socket"),
        ("wasi:sockets/ip-name-lookup@0.2.12", "resolve-addresses"),
    ] {
        linker
            .instance(interface)?
            .func_new(function, move |_, _, _, _| Err(wasmtime::Error::msg("there is no network for plugins")))?;
    }
    linker.allow_shadowing(false);
    Ok(())
}

struct AtOnce;

#[wasmtime_wasi::async_trait]
impl Pollable for AtOnce {
    async fn ready(&mut self) {}
}

fn at_once(table: &mut ResourceTable) -> wasmtime::Result<Resource<DynPollable>> {
    let ready = table.push(AtOnce)?;
    subscribe(table, ready)
}

#[derive(Clone, Copy)]
struct StandingClock(Duration);

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What a guest printed.
#[derive(Debug, Clone, Default)]
struct Printed(Arc<Mutex<Kept>>);

/// What is kept of it.
#[derive(Debug, Default)]
struct Kept {
    first: Vec<u8>,
    last: VecDeque<u8>,
    /// Bytes between the two.
    dropped: u64,
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let room = MAX_PRINTED_BYTES.saturating_sub(self.first.len()).min(bytes.len());
        let (first, last) = bytes.split_at(room);
        self.first.extend_from_slice(first);
        self.last.extend(last);
        let over = self.last.len().saturating_sub(MAX_LAST_PRINTED_BYTES);
        self.last.drain(..over);
        self.dropped = self.dropped.saturating_add(over as u64);
    }

    /// All of it, and how many bytes are not in it.
    fn into_bytes(self) -> (Vec<u8>, u64) {
        let Self { first: mut bytes, last, dropped } = self;
        let mut cut = 0;
        if dropped > 0 {
            // The end begins somewhere in a line, which is taken away where another one follows.
            cut = last.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            if last.iter().skip(cut).all(u8::is_ascii_whitespace) {
                cut = 0;
            }
            bytes.push(b'\n');
        }
        bytes.extend(last.iter().skip(cut));
        (bytes, dropped.saturating_add(cut as u64))
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of these prints: the lines, the last words, and how many bytes are not there.
    fn printed(prints: &[&str]) -> (Vec<String>, String, usize) {
        let wasi = InertWasi::new(Duration::ZERO, &[0; 32]);
        let mut stderr = wasi.stderr.clone();
        for print in prints {
            stderr.write(bytes::Bytes::copy_from_slice(print.as_bytes())).unwrap();
        }
        let mut log = Log::new(u64::MAX);
        wasi.drain_into(&mut log);
        let last = log.last_words().unwrap().to_owned();
        let (lines, dropped) = log.into_parts();
        let lines = lines.into_iter().map(|line| line.message).collect();
        (lines, last, usize::try_from(dropped).unwrap())
    }

    #[test]
    fn the_last_lines_are_kept_after_any_number_of_others_and_what_lies_between_is_counted() {
        let many = "0123456789\n".repeat(1_000);
        let end = "Traceback:\nValueError: no number\n";
        let (lines, last, dropped) = printed(&[&[many.as_str(); 100][..], &[end]].concat());
        assert_eq!(last, "ValueError: no number");
        let kept = 100 * many.len() + end.len() - dropped;
        assert!(kept > MAX_PRINTED_BYTES && kept <= MAX_PRINTED_BYTES + MAX_LAST_PRINTED_BYTES, "{kept}");
        let others: Vec<_> = lines.iter().filter(|line| *line != "0123456789").collect();
        assert_eq!(others, ["012", "Traceback:", "ValueError: no number"], "one line is cut, where the beginning ends");
    }

    #[test]
    fn a_line_that_passes_from_the_beginning_into_the_end_stays_one() {
        let first = format!("{}\n", "x".repeat(MAX_PRINTED_BYTES - 5));
        let (lines, last, dropped) = printed(&[&first, "one line\n", "and another\n"]);
        assert_eq!(
            (&lines[1..], last.as_str()),
            (&["one line".to_owned(), "and another".to_owned()][..], "and another")
        );
        assert_eq!(lines[0].len() + dropped, first.len() - 1);
    }

    #[test]
    fn of_a_line_longer_than_what_is_kept_there_is_its_end() {
        for text in
            ["x".repeat(MAX_PRINTED_BYTES) + &"y".repeat(10_000), "x".repeat(300_000) + &"y".repeat(9_000) + "\n"]
        {
            let (_, last, _) = printed(&[&text]);
            assert!(last.len() > 8_000 && last.chars().all(|c| c == 'y'), "{}", last.len());
        }
    }
}
