//! Listening, connections, and what can be done to a connection behind the back of HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::control;
use crate::core::{Core, Gate};
use crate::serve;

/// Connections that the operating system queues for us.
const BACKLOG: u32 = 1024;

/// What is done to a connection in place of an ordinary answer.
#[derive(Debug)]
pub(crate) enum Takeover {
    /// Cut it after a time.
    Cut { after: Duration, reset: bool },
    /// Send the first half of an answer, then cut.
    Half { answer: Bytes, reset: bool },
    /// Send an answer twice, then go on.
    Twice { answer: Bytes },
    /// Send an answer in pieces, then go on.
    Trickle { answer: Bytes, chunk: usize, every: Duration },
}

/// The way from a request to its connection.
pub(crate) type Wire = mpsc::Sender<Takeover>;

/// Serves both addresses until the server is stopped.
pub(crate) async fn serve(core: &Arc<Core>, listener: TcpListener, control_listener: TcpListener) {
    let tasks = TaskTracker::new();
    let router = control::router(Arc::clone(core));
    let Ok(address) = listener.local_addr() else { return };
    tokio::select! {
        () = core.stop.cancelled() => {}
        () = clients(core, listener, address, &router, &tasks) => {}
        () = controllers(core, control_listener, &router, &tasks) => {}
        () = timetable(core) => {}
    }
    // Every connection watches the same token, so this takes moments.
    core.stop.cancel();
    tasks.close();
    tasks.wait().await;
}

/// Takes connections from clients while the gate is open.
async fn clients(core: &Arc<Core>, listener: TcpListener, address: SocketAddr, router: &Router, tasks: &TaskTracker) {
    let mut gate = core.gate.subscribe();
    let mut door = Some(listener);
    loop {
        let wanted = *gate.borrow_and_update();
        match (wanted, door.take()) {
            (Gate::Open, Some(listener)) => {
                tokio::select! {
                    accepted = listener.accept() => {
                        if let Ok((stream, _)) = accepted {
                            take(core, stream, router, tasks);
                        } else {
                            // Out of file descriptors, or the peer is gone: not a reason to spin.
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        door = Some(listener);
                    }
                    changed = gate.changed() => {
                        door = Some(listener);
                        if changed.is_err() { return; }
                    }
                }
            }
            (Gate::Closed { until }, listener) => {
                let was_open = listener.is_some();
                drop(listener);
                // Holds the port without listening, so that nobody else gets it in the meantime.
                let held = hold(address);
                if was_open {
                    core.listener_closed();
                }
                tokio::select! {
                    () = at(until) => core.open_listener(),
                    changed = gate.wait_for(|gate| *gate != wanted) => if changed.is_err() { return },
                }
                if *core.gate.borrow() == Gate::Open {
                    door = reopen(held, address).await;
                    core.listener_opened();
                }
            }
            (Gate::Open, None) => {
                door = reopen(None, address).await;
                core.listener_opened();
            }
        }
    }
}

async fn controllers(core: &Arc<Core>, listener: TcpListener, router: &Router, tasks: &TaskTracker) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let core = Arc::clone(core);
            let service = TowerToHyperService::new(router.clone());
            tasks.spawn(async move {
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::select! {
                    () = core.stop.cancelled() => {}
                    ended = connection => if let Err(error) = ended {
                        tracing::debug!(error = %error, "control connection ended");
                    },
                }
            });
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Begins planned outages when their time has come.
async fn timetable(core: &Arc<Core>) {
    loop {
        let next = core.state().faults.next_outage();
        tokio::select! {
            () = at(next.map(|(begin, _)| begin)) => {
                if let Some((_, length)) = next {
                    core.state().faults.outage_began();
                    core.close_listener(Some(length));
                }
            }
            () = core.timetable.notified() => {}
        }
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        None => std::future::pending().await,
    }
}

fn hold(address: SocketAddr) -> Option<TcpSocket> {
    let socket = TcpSocket::new_v4().ok()?;
    // On Windows this option would let others take the port, and it is not needed there.
    if cfg!(unix) {
        socket.set_reuseaddr(true).ok()?;
    }
    socket.bind(address).ok()?;
    Some(socket)
}

async fn reopen(held: Option<TcpSocket>, address: SocketAddr) -> Option<TcpListener> {
    if let Some(listener) = held.and_then(|socket| socket.listen(BACKLOG).ok()) {
        return Some(listener);
    }
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Some(listener),
            Err(error) => {
                tracing::warn!(%address, error = %error, "cannot listen again yet");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one client's connection in a task of its own.
fn take(core: &Arc<Core>, stream: TcpStream, router: &Router, tasks: &TaskTracker) {
    core.state().counters.connections += 1;
    core.open_connections.fetch_add(1, Ordering::Relaxed);
    let core = Arc::clone(core);
    let router = router.clone();
    // Small answers must not wait for more to come. Without it they are late, not wrong.
    let _late = stream.set_nodelay(true).is_err();
    // Before the task first runs, so that no cut is missed.
    let mut cuts = core.cuts.subscribe();
    tasks.spawn(async move {
        tokio::select! {
            () = core.stop.cancelled() => {}
            _ = cuts.changed() => {}
            () = connection(&core, stream, router) => {}
        }
        core.open_connections.fetch_sub(1, Ordering::Relaxed);
    });
}

/// HTTP on one connection, until the client closes it or something takes it over for good.
async fn connection(core: &Arc<Core>, mut stream: TcpStream, router: Router) {
    let router = TowerToHyperService::new(router);
    loop {
        let (wire, mut takeovers) = mpsc::channel(1);
        let service = service_fn(|request: Request<Incoming>| {
            let wire = wire.clone();
            let router = &router;
            async move { Ok::<_, Infallible>(dispatch(core, wire, router, request).await) }
        });
        let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let takeover = tokio::select! {
            ended = &mut http => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "connection ended");
                }
                return;
            }
            Some(takeover) = takeovers.recv() => takeover,
        };
        let parts = http.into_parts();
        stream = parts.io.into_inner();
        let goes_on = play(&mut stream, takeover).await.unwrap_or(false);
        // A client that had sent its next request already would have to be read from the buffer: none of ours does.
        if !goes_on || !parts.read_buf.is_empty() {
            return;
        }
    }
}

async fn dispatch(
    core: &Arc<Core>,
    wire: Wire,
    router: &TowerToHyperService<Router>,
    request: Request<Incoming>,
) -> Response<Body> {
    if request.uri().path().starts_with("/_") {
        return match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
    }
    serve::serve(core, wire, request).await
}

/// Does something to a connection; says whether HTTP goes on afterwards.
async fn play(stream: &mut TcpStream, takeover: Takeover) -> std::io::Result<bool> {
    let reset = match takeover {
        Takeover::Cut { after, reset } => {
            tokio::time::sleep(after).await;
            reset
        }
        Takeover::Half { answer, reset } => {
            let half = answer.len() / 2;
            stream.write_all(answer.get(..half).unwrap_or_default()).await?;
            stream.flush().await?;
            // A reset must not overtake what was sent.
            tokio::time::sleep(Duration::from_millis(20)).await;
            reset
        }
        Takeover::Twice { answer } => {
            let twice = [&answer[..], &answer[..]].concat();
            stream.write_all(&twice).await?;
            return Ok(true);
        }
        Takeover::Trickle { answer, chunk, every } => {
            for piece in answer.chunks(chunk.max(1)) {
                tokio::time::sleep(every).await;
                stream.write_all(piece).await?;
            }
            return Ok(true);
        }
    };
    if reset {
        stream.set_zero_linger()?;
    }
    Ok(false)
}
