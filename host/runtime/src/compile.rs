//! Compiling, which wasmtime does not promise to do in bounded time and memory: it is done in a child process that fills
//! the compile cache and can be killed, never in the station itself where that can be avoided.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine;
use crate::error::{Error, chain};
use crate::limits::{Limit, Limits};
use crate::log::clipped;
use crate::os;

/// Where plugins are compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// In this process: without limits of time and memory. For tools and tests, and for a host that trusts its plugins.
    InProcess,
    /// In a child process, killed when it needs more than `limits.compile_time_ms` or `limits.compile_memory_bytes`.
    Child {
        /// The program; it has to end up in [`compile_child_main`].
        program: PathBuf,
        /// Arguments before the ones that this crate adds.
        args: Vec<OsString>,
    },
}

/// The child could not compile the component, and says why on stderr.
const EXIT_REFUSED: u8 = 3;
/// How often the child is looked after.
const POLL: Duration = Duration::from_millis(5);
/// After its time is over the child leaves it so long to its parent to kill it.
const GRACE: Duration = Duration::from_secs(1);
/// Stack of the child's threads that only wait.
const WAITING_STACK_BYTES: usize = 64 * 1024;
/// What is read of a child's words.
const MAX_WORDS_BYTES: u64 = 16 * 1024;
/// What is told of a refusal: names of the component are in it, which may be anything.
const MAX_REASON_CHARS: usize = 2_000;
/// Folder in the cache with an empty file for each component that was compiled within limits.
const COMPILED: &str = "compiled";

/// Makes a component ready to be instantiated, from the cache where it can.
pub(crate) fn compile(
    engine: &Engine,
    compiler: &Compiler,
    cache_dir: Option<&Path>,
    component: &Named<'_>,
    limits: &Limits,
) -> Result<Component, Error> {
    if let (Compiler::Child { program, args }, Some(cache_dir)) = (compiler, cache_dir) {
        let mark = cache_dir.join(COMPILED).join(mark_name(engine, component.digest));
        if !mark.exists() {
            in_child(program, args, cache_dir, component, limits)?;
            // Without the mark the child is only asked once more next time.
            let marked = os::create_private_dir(&cache_dir.join(COMPILED)).and_then(|()| std::fs::write(&mark, []));
            if let Err(error) = marked {
                tracing::warn!(%error, path = %mark.display(), "cannot note that a plugin is compiled");
            }
        }
    }
    Component::from_binary(engine, component.content).map_err(|error| refused(component.path, &chain(error.as_ref())))
}

/// The compiler's refusal. What it refuses because no call could ever hold it is a limit like those of calls.
fn refused(path: &Path, reason: &str) -> Error {
    let limit = if !reason.contains("pooling allocator requirements") {
        None
    } else if reason.contains("table index") {
        Some(Limit::TableElements)
    } else if reason.contains("memory") {
        Some(Limit::MemoryBytes)
    } else {
        None
    };
    match limit {
        Some(limit) => Error::OverLimit { path: path.to_path_buf(), limit, reason: clipped(reason, MAX_REASON_CHARS) },
        None => Error::Compile { path: path.to_path_buf(), reason: clipped(reason, MAX_REASON_CHARS) },
    }
}

/// A component's bytes, and what names them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) path: &'a Path,
    pub(crate) content: &'a [u8],
    pub(crate) digest: &'a str,
}

/// What was compiled within limits once will be again, by the same compiler: so a mark is enough even when the cache has
/// thrown the code away.
fn mark_name(engine: &Engine, digest: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{digest}-{:016x}", hasher.finish())
}

fn in_child(
    program: &Path,
    args: &[OsString],
    cache_dir: &Path,
    component: &Named<'_>,
    limits: &Limits,
) -> Result<(), Error> {
    let path = component.path;
    let failed =
        |reason: String| Error::Compile { path: path.to_path_buf(), reason: clipped(&reason, MAX_REASON_CHARS) };
    let mut command = Command::new(program);
    os::give_way_as_child(&mut command);
    let mut child = command
        .args(args)
        .arg(cache_dir)
        .arg(limits.stack_bytes.to_string())
        .arg(limits.compile_memory_bytes.to_string())
        .arg(u64::try_from(limits.compile_time.as_millis()).unwrap_or(u64::MAX).to_string())
        .arg(component.content.len().to_string())
        // A backtrace of what ran out of memory needs memory, and may never come to an end.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot start {}: {error}", program.display())))?;
    let stdin = child.stdin.take();
    let stderr = child.stderr.take();
    let (status, words) = thread::scope(|scope| {
        let given = scope.spawn(move || {
            let mut stdin = stdin?;
            // A child that died does not read on; its exit status says more than this error.
            let written = stdin.write_all(component.content);
            tracing::trace!(?written, "component given to the compiling process");
            Some(stdin)
        });
        let words = scope.spawn(move || {
            let mut words = Vec::new();
            if let Some(stderr) = stderr {
                let read = stderr.take(MAX_WORDS_BYTES).read_to_end(&mut words);
                tracing::trace!(?read, "words of the compiling process");
            }
            String::from_utf8_lossy(&words).trim().to_owned()
        });
        let status = wait(&mut child, limits.compile_time);
        // Open until here: the child ends where its input does.
        drop(given.join());
        (status, words.join().unwrap_or_default())
    });
    match status {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) if ran_out_of_memory(status, &words) => {
            Err(Error::CompileMemory { path: path.to_path_buf(), allowed: limits.compile_memory_bytes })
        }
        Ok(Some(status)) if status.code() == Some(i32::from(EXIT_REFUSED)) => Err(refused(path, &words)),
        Ok(Some(status)) => Err(failed(format!("the compiling process ended with {status}: {words}"))),
        Ok(None) => Err(Error::CompileTime { path: path.to_path_buf(), allowed: limits.compile_time }),
        Err(error) => Err(failed(format!("the compiling process was lost: {error}"))),
    }
}

/// Waits for the child, or kills it when its time is over; none is the latter.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            // It may have ended itself, because its time was over.
            return Ok((status.success() || began.elapsed() < limit).then_some(status));
        }
        if began.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Rust says so before it aborts; the kernel just kills. Whatever else ends a process by a signal, as a panic does here, is
/// a fault of the compiler.
fn ran_out_of_memory(status: ExitStatus, words: &str) -> bool {
    let said = [
        "memory allocation of",
        "memory allocator returned an error",
        "annot allocate memory",
        "out of memory",
        "Resource temporarily unavailable",
    ];
    os::was_killed(status) || said.iter().any(|said| words.contains(said))
}

/// What the child process of [`Compiler::Child`] does: it takes the arguments that this crate added, reads a component
/// from standard input, and leaves its code in the cache. A parent that is gone cannot kill it, so it ends itself: soon
/// after its time is over, and where standard input, which the parent keeps open, comes to its end.
pub fn compile_child_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Threads of the compiler that panic would leave the others waiting for ever.
    std::panic::set_hook(Box::new(|panic| {
        let told = writeln!(std::io::stderr(), "{panic}");
        tracing::trace!(?told, "compiling failed");
        std::process::abort();
    }));
    match child(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let told = writeln!(std::io::stderr(), "{reason}");
            tracing::trace!(?told, "compiling refused");
            ExitCode::from(EXIT_REFUSED)
        }
    }
}

fn child(args: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    let usage =
        || "this is used by wats itself: CACHE STACK_BYTES MEMORY_BYTES TIME_MS COMPONENT_BYTES < COMPONENT".to_owned();
    let mut args = args.into_iter();
    let cache_dir = PathBuf::from(args.next().ok_or_else(usage)?);
    let mut number = || args.next().and_then(|arg| arg.to_str()?.parse::<u64>().ok()).ok_or_else(usage);
    let (stack_bytes, memory_bytes) = (number()?, number()?);
    let (time, component_bytes) = (Duration::from_millis(number()?), number()?);
    end_after(move || thread::sleep(time.saturating_add(GRACE)))?;
    os::limit_memory(memory_bytes).map_err(|error| format!("cannot limit memory: {error}"))?;
    // Compiling takes all processors that there are, and files are waiting to be converted: they go first. Without it, it only
    // takes more from them.
    if let Err(error) = os::give_way() {
        tracing::debug!(%error, "compiling does not give way to converting");
    }
    let engine = engine::compiling_engine(&cache_dir, stack_bytes).map_err(|error| chain(&error))?;
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(component_bytes).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read the component: {error}"))?;
    end_after(|| drop(std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())))?;
    Component::from_binary(&engine, &bytes).map_err(|error| chain(error.as_ref()))?;
    Ok(())
}

/// Ends this process after this, whatever its other threads are at. Nothing is said: nobody may be there to read it, and a
/// full pipe would hold up the end.
fn end_after(pause: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = thread::Builder::new().name("wats-end".to_owned()).stack_size(WAITING_STACK_BYTES).spawn(move || {
        pause();
        std::process::abort();
    });
    thread.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}
