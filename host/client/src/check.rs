//! The way to the server, step by step, for `wats status` and `wats config check`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use crate::address::Target;
use crate::error::{ConnectFault, Error, ErrorClass};
use crate::http::{Answer, Call, Core, Priority, Proxy};
use crate::route::{GET_PROCESSES, GET_VERSION, Route};
use crate::version;

/// One step on the way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepName {
    /// The server's name has an address.
    Dns,
    /// A connection can be made.
    Connect,
    /// The certificate is accepted.
    Tls,
    /// The server answers as WATS, and tells its version.
    Version,
    /// The token is accepted.
    Auth,
}

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepOutcome {
    /// As it should be.
    Passed,
    /// It works, with a reservation that the text tells.
    Warning,
    /// The way ends here.
    Failed,
    /// Not applicable, or not reached.
    Skipped,
}

/// One step with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How it came out.
    pub outcome: StepOutcome,
    /// What was found, and what to do. Without secrets.
    pub detail: String,
    /// How long it took; none if it was not made on its own.
    pub took: Option<Duration>,
}

/// What [`crate::Client::check`] found. `Display` gives one line per step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConnectionReport {
    /// Scheme, host and port.
    pub server: String,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The server's version, if it told one.
    pub version: Option<String>,
}

impl ConnectionReport {
    /// True when no step failed: reports can be expected to arrive.
    pub fn is_ok(&self) -> bool {
        self.steps.iter().all(|step| step.outcome != StepOutcome::Failed)
    }

    /// The first step that failed.
    pub fn failure(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.outcome == StepOutcome::Failed)
    }

    fn add(&mut self, name: StepName, outcome: StepOutcome, detail: impl Into<String>, took: Option<Duration>) {
        self.steps.push(Step { name, outcome, detail: detail.into(), took });
    }
}

impl fmt::Display for ConnectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "server {}", self.server)?;
        for step in &self.steps {
            let name = format!("{:?}", step.name).to_lowercase();
            let outcome = format!("{:?}", step.outcome).to_lowercase();
            write!(f, "  {name:<8} {outcome:<8} {}", step.detail)?;
            if let Some(took) = step.took {
                write!(f, " ({} ms)", took.as_millis())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

pub(crate) async fn run(core: &Core) -> ConnectionReport {
    let mut report = ConnectionReport { server: core.address.origin().to_string(), steps: Vec::new(), version: None };
    let direct = reach_directly(core, &mut report).await;
    let since = core.proof().now().err();
    let started = Instant::now();
    let version_call = call(GET_VERSION, GET_VERSION.template().to_owned());
    let answer = core.transmit(&version_call).await;
    let took = Some(started.elapsed());
    connection_step(core, &mut report, &answer, direct);
    let Ok(answer) = answer else {
        report.add(StepName::Version, StepOutcome::Skipped, "not reached", None);
        report.add(StepName::Auth, StepOutcome::Skipped, "not reached", None);
        return report;
    };
    if let Some(version) = version::read(&answer) {
        if let Some(since) = since {
            core.proof().prove(since);
        }
        report.add(StepName::Version, StepOutcome::Passed, format!("WATS server {version}"), took);
        report.version = Some(version.to_string());
    } else {
        let error = if answer.is_success() {
            version::not_a_version(core, &version_call, &answer)
        } else {
            core.refusal(&version_call, &answer).await
        };
        match error.class() {
            ErrorClass::Auth if answer.status != 407 => {
                let detail = format!("not told (status {}); reports can be sent all the same", answer.status);
                report.add(StepName::Version, StepOutcome::Warning, detail, took);
            }
            _ => {
                report.add(StepName::Version, StepOutcome::Failed, error.to_string(), took);
                report.add(StepName::Auth, StepOutcome::Skipped, "not reached", None);
                return report;
            }
        }
    }
    auth_step(core, &mut report).await;
    report
}

/// Name and connection, where the way to the server does not lead through a proxy. True when it was made.
async fn reach_directly(core: &Core, report: &mut ConnectionReport) -> bool {
    let url = core.address.url();
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    // Behind a proxy it is the proxy that resolves the name. Whether the system names one is not known here: then a
    // failure on the direct way decides nothing.
    let failed = match core.proxy {
        Proxy::None => StepOutcome::Failed,
        Proxy::System => StepOutcome::Warning,
        Proxy::Manual { .. } => {
            report.add(StepName::Dns, StepOutcome::Skipped, "left to the proxy", None);
            return false;
        }
    };
    let limit = core.timeouts.connect;
    let started = Instant::now();
    // Brackets of an IPv6 address belong to the URL, not to the address.
    let found = timeout(limit, lookup_host((host.trim_matches(['[', ']']), port))).await;
    let took = Some(started.elapsed());
    let addresses: Vec<_> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            let detail = format!("{host}: {error}; check the server address and the DNS of this station");
            report.add(StepName::Dns, failed, detail, took);
            return false;
        }
        Err(_) => {
            let detail = format!("{host}: no answer within {limit:?}; check the DNS of this station");
            report.add(StepName::Dns, failed, detail, took);
            return false;
        }
    };
    let list = addresses.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(", ");
    report.add(StepName::Dns, StepOutcome::Passed, format!("{host} is {list}"), took);
    let started = Instant::now();
    let connected = timeout(limit, TcpStream::connect(&*addresses)).await;
    let took = Some(started.elapsed());
    match connected {
        Ok(Ok(_)) => {
            report.add(StepName::Connect, StepOutcome::Passed, format!("port {port} is open"), took);
            true
        }
        Ok(Err(error)) => {
            let detail = format!("port {port}: {error}; check the port, the firewall, and that the server is running");
            report.add(StepName::Connect, failed, detail, took);
            false
        }
        Err(_) => {
            let detail = format!("port {port}: no answer within {limit:?}; check firewall and proxy settings");
            report.add(StepName::Connect, failed, detail, took);
            false
        }
    }
}

/// What the first request tells about connection and TLS.
fn connection_step(core: &Core, report: &mut ConnectionReport, answer: &Result<Answer, Error>, direct: bool) {
    let known = |report: &ConnectionReport, name| report.steps.iter().any(|step| step.name == name);
    let tls = core.address.is_https();
    match answer {
        Ok(_) => {
            if !known(report, StepName::Connect) {
                report.add(StepName::Connect, StepOutcome::Passed, "the server was reached", None);
            }
            if tls {
                report.add(StepName::Tls, StepOutcome::Passed, "the certificate is accepted", None);
            } else {
                let detail = "http: the token goes over the network in clear text; use https";
                report.add(StepName::Tls, StepOutcome::Warning, detail, None);
            }
        }
        Err(error) => {
            let text = described(error);
            if tls && matches!(error, Error::Connect { fault: ConnectFault::Tls | ConnectFault::NoTls, .. }) {
                if !known(report, StepName::Connect) {
                    report.add(StepName::Connect, StepOutcome::Passed, "the server was reached", None);
                }
                report.add(StepName::Tls, StepOutcome::Failed, text, None);
                return;
            }
            if direct || report.failure().is_none() {
                // The port is open, yet no exchange came about.
                report.add(StepName::Connect, StepOutcome::Failed, text, None);
            }
            report.add(StepName::Tls, StepOutcome::Skipped, "not reached", None);
        }
    }
}

/// A call that needs the token: the version may be told to everybody.
async fn auth_step(core: &Core, report: &mut ConnectionReport) {
    if core.auth.header().is_none() {
        let detail = "no token is set; submissions will be refused";
        return report.add(StepName::Auth, StepOutcome::Warning, detail, None);
    }
    let target = match Target::new(GET_PROCESSES, &[]) {
        Ok(target) => target.query("includeTestOperations", "true").into_text(),
        Err(error) => return report.add(StepName::Auth, StepOutcome::Failed, error.to_string(), None),
    };
    let call = call(GET_PROCESSES, target);
    let started = Instant::now();
    let answer = core.transmit(&call).await;
    let took = Some(started.elapsed());
    let (outcome, detail) = match answer {
        Ok(answer) if answer.is_success() => (StepOutcome::Passed, "the token is accepted".to_owned()),
        Ok(answer) if answer.status == 403 => {
            let detail = "the token is accepted, but may not read processes; lookups by converters need that";
            (StepOutcome::Warning, detail.to_owned())
        }
        Ok(answer) if answer.status == 404 => {
            let detail = "cannot be told: this server has no process list; the first report will show it";
            (StepOutcome::Warning, detail.to_owned())
        }
        Ok(answer) => (StepOutcome::Failed, core.refusal(&call, &answer).await.to_string()),
        Err(error) => (StepOutcome::Failed, described(&error)),
    };
    report.add(StepName::Auth, outcome, detail, took);
}

fn call(route: Route, target: String) -> Call {
    Call::get(route, target, Priority::Lookup)
}

/// The error with its causes in one line.
fn described(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
