//! For programs that are not asynchronous: a thread that makes the calls while others wait.

use std::future::Future;
use std::sync::OnceLock;
use std::sync::mpsc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::block_in_place;

use crate::error::Error;

tokio::task_local! {
    /// Set within calls that a thread waits for.
    static WAITING: ();
}

/// Whether a thread stands still until this call is done: perhaps one that drives other calls.
pub(crate) fn is_waiting() -> bool {
    WAITING.try_with(|()| ()).is_ok()
}

/// The turn at something that one call at a time does. A call that is waited for takes none that is not free: who has it may stand
/// still with the waiting thread.
pub(crate) async fn turn<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    if is_waiting() { mutex.try_lock().ok() } else { Some(mutex.lock().await) }
}

/// The runtime of all waiting calls, made when it is needed first. It lives as long as the process: connections of any client
/// may be driven by it.
fn runtime() -> Result<&'static Handle, Error> {
    static RUNTIME: OnceLock<Result<Handle, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("wats-client").enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let handle = runtime.handle().clone();
        // Never dropped: dropping a runtime inside another one panics, and there is no moment at which nobody waits any more.
        std::mem::forget(runtime);
        Ok(handle)
    });
    made.as_ref()
        .map_err(|problem| Error::Setting { setting: "thread", problem: format!("cannot be started: {problem}") })
}

/// Runs several calls, such as those of a [`Batch`](crate::Batch) or of an `async` block, and blocks this thread until their end: for
/// programs that are not asynchronous. A single call has [`Request::wait`](crate::Request::wait).
///
/// ```no_run
/// # fn f(client: wats_client::Client, submission: wats_client::Submission) -> Result<(), wats_client::Error> {
/// let receipt = wats_client::wait(async move { client.report().submit_once(&submission).await })?;
/// # Ok(()) }
/// ```
///
/// Works inside a runtime too, which it then keeps from doing anything else on this thread. Calls have connections of their own
/// then, and wait for no call of that runtime. Only a permit of [`Client::concurrency`](crate::Client::concurrency) that one of them
/// holds comes free when this ends, and not before.
///
/// # Errors
/// Those of the calls; [`Error::Setting`] when no thread can be started.
pub fn wait<T: Send + 'static>(future: impl Future<Output = Result<T, Error>> + Send + 'static) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let runtime = runtime()?;
    runtime.spawn(async move {
        // Nobody receives only when the waiting thread is gone.
        sender.send(WAITING.scope((), future).await).ok();
    });
    // Within a call that is waited for this is the thread that makes the calls: another one has to take its place.
    let is_own = Handle::try_current().is_ok_and(|current| current.id() == runtime.id());
    let result = if is_own { block_in_place(|| receiver.recv()) } else { receiver.recv() };
    result.map_err(|_| Error::Setting { setting: "thread", problem: "has panicked in the call".to_owned() })?
}
