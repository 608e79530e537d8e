//! A running simulated server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::control::Control;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::fault::{Rule, Script};
use crate::listen;
use crate::options::SimOptions;
use crate::record::RequestRecord;
use crate::stats::Stats;
use crate::store::{ReportDetails, ReportEntry};

/// A simulated WATS server in this process, on a thread and a runtime of its own: the caller needs no runtime, and
/// time that a test has paused does not pause the server. Dropping it stops it.
#[derive(Debug)]
pub struct Sim {
    handle: SimHandle,
    ended: Option<oneshot::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sim {
    /// Starts a server and returns when it listens.
    ///
    /// # Errors
    /// [`Error::Listen`] when a port is taken, [`Error::Record`] when the record file cannot be opened,
    /// [`Error::Rule`] when the script contradicts itself, [`Error::Thread`] when there is no thread to be had.
    pub fn start(options: SimOptions) -> Result<Self> {
        let ports = (options.port, options.control_port);
        let core = Arc::new(Core::new(options)?);
        let (ready, started) = mpsc::sync_channel(1);
        let (end, ended) = oneshot::channel();
        let own = Arc::clone(&core);
        let thread = std::thread::Builder::new()
            .name("wats-sim".to_owned())
            .spawn(move || {
                run(&own, ports, &ready);
                // Nobody may be waiting for the end.
                let _unheard = end.send(()).is_err();
            })
            .map_err(|source| Error::Thread { source })?;
        let (address, control) = started.recv().map_err(|_| Error::Ended)??;
        let handle = SimHandle { core, address, control };
        Ok(Self { handle, ended: Some(ended), thread: Some(thread) })
    }

    /// The address for clients, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        self.handle.url()
    }

    /// The address for control, which no fault touches.
    pub fn control_url(&self) -> String {
        self.handle.control_url()
    }

    /// In-process control; may be cloned and outlive this value.
    pub fn handle(&self) -> &SimHandle {
        &self.handle
    }

    /// Stops the server: cuts its connections and waits for its thread.
    ///
    /// # Cancel safety
    /// The server is told to stop at once; dropping the future only gives up waiting.
    pub async fn shutdown(mut self) {
        self.handle.core.stop.cancel();
        if let Some(ended) = self.ended.take() {
            // An error means that the thread has ended already.
            let _ended = ended.await.is_err();
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.handle.core.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed by the panic hook.
            let _panicked = thread.join().is_err();
        }
    }
}

/// In-process control of a running server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SimHandle {
    core: Arc<Core>,
    address: SocketAddr,
    control: SocketAddr,
}

impl SimHandle {
    /// The address for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address for control.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// Does what is asked for, see [`Control`].
    ///
    /// # Errors
    /// [`Error::Rule`] when a rule contradicts itself.
    ///
    /// # Cancel safety
    /// Everything is done before the first wait, which is for the listener to have opened or closed.
    pub async fn control(&self, control: Control) -> Result<()> {
        self.core.control(control).await
    }

    /// Replaces all faults; an empty script takes them away.
    ///
    /// # Errors
    /// [`Error::Rule`] when a rule contradicts itself.
    pub fn set_script(&self, script: Script) -> Result<()> {
        self.core.set_script(script)
    }

    /// Adds a fault rule behind those in force.
    ///
    /// # Errors
    /// [`Error::Rule`] when it contradicts itself.
    pub fn add_rule(&self, rule: Rule) -> Result<()> {
        self.core.add_rules(vec![rule])
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        // An empty script cannot contradict itself.
        let _never = self.core.set_script(Script::default()).is_err();
    }

    /// Closes the listener, for a time or until it is opened; returns when connections are refused.
    pub async fn close_listener(&self, length: Option<Duration>) {
        self.core.close_listener(length);
        self.core.settled().await;
    }

    /// Opens the listener on the same port; returns when connections are taken.
    pub async fn open_listener(&self) {
        self.core.open_listener();
        self.core.settled().await;
    }

    /// Cuts every open connection.
    pub fn cut_connections(&self) {
        self.core.cut_connections();
    }

    /// Notes this moment under a name among the outages, to see what came first after it.
    pub fn mark(&self, name: &str) {
        self.core.state().counters.outage(name, Duration::ZERO, Some(Duration::ZERO));
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// All accepted reports, in the order of their first arrival.
    pub fn reports(&self) -> Vec<ReportEntry> {
        self.core.state().store.entries(0).collect()
    }

    /// One report with its history; `None` if its id was never accepted.
    pub fn report(&self, id: &Uuid) -> Option<ReportDetails> {
        self.core.state().store.details(id)
    }

    /// The requests numbered above `since` that are still in memory, oldest first.
    pub fn requests(&self, since: u64) -> Vec<RequestRecord> {
        self.core.state().records.since(since, usize::MAX)
    }

    /// Forgets reports, records, counts and rules.
    pub fn reset(&self) {
        self.core.reset();
    }
}

type Started = Result<(SocketAddr, SocketAddr)>;

/// The life of the server's thread.
fn run(core: &Arc<Core>, ports: (u16, u16), ready: &mpsc::SyncSender<Started>) {
    // One thread serves thousands of reports a second, and keeps the order of what is on record.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => {
            let _unheard = ready.send(Err(Error::Thread { source })).is_err();
            return;
        }
    };
    runtime.block_on(async {
        let bound = async {
            let (listener, address) = bind(ports.0).await?;
            let (control, control_address) = bind(ports.1).await?;
            Ok((listener, address, control, control_address))
        };
        match bound.await {
            Err(error) => {
                let _unheard = ready.send(Err(error)).is_err();
            }
            Ok((listener, address, control, control_address)) => {
                if ready.send(Ok((address, control_address))).is_ok() {
                    listen::serve(core, listener, control).await;
                }
            }
        }
    });
}

async fn bind(port: u16) -> Result<(TcpListener, SocketAddr)> {
    let failed = |source| Error::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
