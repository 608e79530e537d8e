//! Wasmtime, set up in the one way that this crate uses it: synchronous, interrupted by epochs, pooled.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::error::{Error, chain};
use crate::limits::Limits;
use crate::manifest::MAX_MEMORY_BYTES;
use crate::os;

/// How often running guests look whether they have to stop.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// How long the ticking goes on when nothing runs, so that a file now and then need not wake the thread.
const LINGER: Duration = Duration::from_secs(1);
/// Calls beside the workers' own: probes of the web page, descriptions of plugins being loaded.
const SPARE_SLOTS: u32 = 4;
/// Memory that a slot keeps between calls instead of giving it back to the system, where only pages that were written are
/// put back: page faults cost more than that.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;
/// The same where all of it is put back each time, written or not.
const KEEP_RESIDENT_BLINDLY_BYTES: usize = 64 << 10;

/// The limits that are properties of an engine and not of a call. Plugins with the same shape share an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    stack_bytes: u64,
    table_elements: u32,
    instances: u32,
    memories: u32,
    tables: u32,
}

impl Shape {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            stack_bytes: limits.stack_bytes,
            table_elements: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
        }
    }
}

/// The engines, one for each shape in use, and the thread that ticks them.
pub(crate) struct Engines {
    cache: Option<Cache>,
    slots: u32,
    count_fuel: bool,
    by_shape: Mutex<BTreeMap<Shape, Engine>>,
    ticker: Arc<Ticker>,
    gate: Gate,
}

impl Engines {
    pub(crate) fn new(cache_dir: Option<&Path>, workers: usize, count_fuel: bool) -> Result<Self, Error> {
        let cache = cache_dir.map(open_cache).transpose()?;
        let slots = u32::try_from(workers).unwrap_or(u32::MAX).clamp(1, 1024) + SPARE_SLOTS;
        let ticker = Arc::new(Ticker::default());
        start_ticking(&ticker).map_err(|error| Error::Engine { reason: format!("no thread: {error}") })?;
        Ok(Self { cache, slots, count_fuel, by_shape: Mutex::default(), ticker, gate: Gate::new(slots as usize) })
    }

    /// The engine for these limits.
    pub(crate) fn get(&self, limits: &Limits) -> Result<Engine, Error> {
        let shape = Shape::of(limits);
        let mut by_shape = self.by_shape.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = by_shape.get(&shape) {
            return Ok(engine.clone());
        }
        let mut config = base_config(shape.stack_bytes, self.cache.clone());
        config.consume_fuel(self.count_fuel);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(shape, self.slots)));
        let engine = match Engine::new(&config) {
            Ok(engine) => engine,
            Err(error) => {
                tracing::warn!(
                    error = chain(error.as_ref()),
                    slots = self.slots,
                    "no address space for pooled plugin instances; plugins start slower (is `ulimit -v` set?)"
                );
                config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
                Engine::new(&config).map_err(|error| Error::Engine { reason: chain(error.as_ref()) })?
            }
        };
        by_shape.insert(shape, engine.clone());
        self.ticker.engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine.clone());
        Ok(engine)
    }

    /// Waits for a free slot, and keeps the epochs ticking as long as the answer lives.
    pub(crate) fn enter(&self) -> Running<'_> {
        self.gate.enter();
        self.ticker.begin();
        Running { engines: self }
    }

    /// Whether stores have to be given fuel.
    pub(crate) fn count_fuel(&self) -> bool {
        self.count_fuel
    }

    /// How often the compile cache had what was asked for.
    pub(crate) fn cache_hits(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::cache_hits)
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        self.ticker.stop.store(true, Ordering::SeqCst);
        self.ticker.wake();
    }
}

/// An engine for a child process that only compiles: the same code comes out of it, but it reserves no pool.
pub(crate) fn compiling_engine(cache_dir: &Path, stack_bytes: u64) -> Result<Engine, Error> {
    let mut config = base_config(stack_bytes, Some(open_cache(cache_dir)?));
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config).map_err(|error| Error::Engine { reason: chain(error.as_ref()) })
}

/// Everything that decides what code is made. Parent and child must agree in this, or the cache never hits.
fn base_config(stack_bytes: u64, cache: Option<Cache>) -> Config {
    let stack = usize::try_from(stack_bytes).unwrap_or(usize::MAX / 2);
    let mut config = Config::new();
    config
        .cache(cache)
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(stack)
        // Never used, since calls are synchronous, but it has to be larger than the guest's stack.
        .async_stack_size(stack.saturating_add(1 << 20))
        .memory_init_cow(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        // The same input gives the same report on every machine.
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true);
    config
}

fn pool(shape: Shape, slots: u32) -> PoolingAllocationConfig {
    let times = |count: u32| count.saturating_mul(slots);
    let by_page = os::can_scan_written_pages();
    let keep = if by_page { KEEP_RESIDENT_BYTES } else { KEEP_RESIDENT_BLINDLY_BYTES };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(times(shape.instances))
        .total_memories(times(shape.memories))
        .total_tables(times(shape.tables))
        .total_stacks(0)
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20)
        .max_tables_per_module(shape.tables)
        .max_memories_per_module(shape.memories)
        .table_elements(shape.table_elements as usize)
        // The address space of a slot is the same whatever the limit; calls are limited one by one.
        .max_memory_size(usize::try_from(MAX_MEMORY_BYTES).unwrap_or(usize::MAX))
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(keep)
        .table_keep_resident(KEEP_RESIDENT_BLINDLY_BYTES)
        .pagemap_scan(if by_page { Enabled::Auto } else { Enabled::No });
    pool
}

fn open_cache(dir: &Path) -> Result<Cache, Error> {
    let wrong = |reason: String| Error::Cache { path: dir.to_path_buf(), reason };
    os::create_private_dir(dir).map_err(|error| wrong(error.to_string()))?;
    if os::open_to_others(dir).map_err(|error| wrong(error.to_string()))? {
        return Err(wrong(
            "others may write to it, and what is in it is run as it is; take that right away".to_owned(),
        ));
    }
    let mut config = CacheConfig::new();
    config.with_directory(std::path::absolute(dir).map_err(|error| wrong(error.to_string()))?);
    Cache::new(config).map_err(|error| wrong(chain(error.as_ref())))
}

/// A running call; see [`Engines::enter`].
pub(crate) struct Running<'a> {
    engines: &'a Engines,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.engines.ticker.active.fetch_sub(1, Ordering::SeqCst);
        self.engines.gate.leave();
    }
}

/// Lets in no more calls than the pool has slots, so that a full pool never looks like a fault of a plugin.
struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

impl Gate {
    fn new(free: usize) -> Self {
        Self { free: Mutex::new(free), left: Condvar::new() }
    }

    fn enter(&self) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.left.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
    }

    fn leave(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.left.notify_one();
    }
}

/// Increments the epoch of all engines while calls run, and sleeps when none does.
#[derive(Default)]
struct Ticker {
    engines: Mutex<Vec<Engine>>,
    active: AtomicUsize,
    asleep: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
    stop: AtomicBool,
}

impl Ticker {
    fn begin(&self) {
        self.active.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    fn wake(&self) {
        // The lock makes sure that the thread is not between looking and waiting.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn sleep_until_needed(&self) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.store(true, Ordering::SeqCst);
        while self.active.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            guard = self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    fn run(&self) {
        let mut idle_since: Option<Instant> = None;
        while !self.stop.load(Ordering::SeqCst) {
            thread::sleep(TICK);
            for engine in self.engines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                engine.increment_epoch();
            }
            if self.active.load(Ordering::SeqCst) > 0 {
                idle_since = None;
            } else if idle_since.get_or_insert_with(Instant::now).elapsed() >= LINGER {
                self.sleep_until_needed();
                idle_since = None;
            }
        }
    }
}

fn start_ticking(ticker: &Arc<Ticker>) -> std::io::Result<()> {
    let ticker = Arc::clone(ticker);
    thread::Builder::new().name("wats-epoch".to_owned()).spawn(move || ticker.run()).map(drop)
}
