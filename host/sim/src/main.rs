//! The simulated WATS server as a process of its own.
//!
//! Exit codes: 0 ended as asked, 1 could not start, 2 wrong arguments.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::de::DeserializeOwned;
use wats_sim::fault::Script;
use wats_sim::{AnswerForm, DEMO_TOKEN, Keep, RateLimit, RefusalForm, Result, Sim, SimOptions};

/// A simulated WATS server on 127.0.0.1, for demonstrations and tests.
#[derive(Debug, Parser)]
#[command(name = "wats-sim", version)]
struct Arguments {
    /// Port for clients; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port for control; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// The token that clients must give (base64 of user:password).
    #[arg(long, default_value = DEMO_TOKEN)]
    token: String,
    /// Let everybody in, with or without a token.
    #[arg(long, conflicts_with = "token")]
    no_token: bool,
    /// Print one JSON line with the addresses when ready.
    #[arg(long)]
    announce: bool,
    /// End when standard input ends, so that the server never outlives the program that started it.
    #[arg(long)]
    exit_with_stdin: bool,
    /// End after this many seconds in any case.
    #[arg(long)]
    max_seconds: Option<u64>,
    /// A fault script in JSON; its form is in the README.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A file that gets one JSON line per request, appended.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// How many of the latest requests are kept in memory.
    #[arg(long, default_value_t = wats_sim::DEFAULT_RECORDS)]
    records: usize,
    /// What is kept in memory of every report.
    #[arg(long, value_enum, default_value = "bodies")]
    keep: KeepArgument,
    /// Allowed requests and seconds, e.g. 500/60 as a WATS server has it.
    #[arg(long, value_name = "REQUESTS/SECONDS", value_parser = rate_limit)]
    rate_limit: Option<RateLimit>,
    /// Largest body that is read, in bytes.
    #[arg(long, default_value_t = wats_sim::DEFAULT_MAX_BODY_BYTES)]
    max_body_bytes: usize,
    /// Form of the answer to an accepted report, e.g. array, object, text, empty.
    #[arg(long, value_parser = word::<AnswerForm>, default_value = "array")]
    answer: AnswerForm,
    /// Form of the answer to a refused request, e.g. upper-message, problem, model-state, text.
    #[arg(long, value_parser = word::<RefusalForm>, default_value = "upper-message")]
    refusal: RefusalForm,
    /// The version to give.
    #[arg(long, default_value = wats_sim::DEFAULT_VERSION)]
    server_version: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KeepArgument {
    Bodies,
    Digests,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("failed to {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            say(&mut std::io::stderr(), &text);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let script = arguments.script.as_deref().map(Script::read).transpose()?.unwrap_or_default();
    let sim = Sim::start(SimOptions {
        port: arguments.port,
        control_port: arguments.control_port,
        token: (!arguments.no_token).then(|| arguments.token.clone()),
        version: arguments.server_version.clone(),
        answer: arguments.answer,
        refusal: arguments.refusal,
        keep: match arguments.keep {
            KeepArgument::Bodies => Keep::Bodies,
            KeepArgument::Digests => Keep::Digests,
        },
        rate_limit: arguments.rate_limit,
        max_body_bytes: arguments.max_body_bytes,
        records: arguments.records,
        record_file: arguments.record.clone(),
        script,
    })?;
    if arguments.announce {
        let line = serde_json::json!({
            "url": sim.url(), "control_url": sim.control_url(), "pid": std::process::id(),
        });
        say(&mut std::io::stdout(), &line.to_string());
    } else {
        say(&mut std::io::stdout(), &format!("clients: {}", sim.url()));
        say(&mut std::io::stdout(), &format!("control: {}", sim.control_url()));
    }
    wait(arguments.exit_with_stdin, arguments.max_seconds.map(Duration::from_secs));
    Ok(())
}

/// Waits until standard input ends or the time is over, whichever counts and comes first.
fn wait(exit_with_stdin: bool, longest: Option<Duration>) {
    let (ended, end) = mpsc::sync_channel::<()>(1);
    if exit_with_stdin {
        std::thread::spawn(move || {
            let mut input = std::io::stdin().lock();
            let mut buffer = [0; 256];
            while input.read(&mut buffer).is_ok_and(|count| count > 0) {}
            // The main thread may have gone already.
            let _late = ended.send(()).is_err();
        });
    } else {
        // Held for as long as the process lives, so that nothing seems to have ended.
        std::mem::forget(ended);
    }
    let _over = match longest {
        Some(longest) => end.recv_timeout(longest).is_ok(),
        None => end.recv().is_ok(),
    };
}

fn say(to: &mut impl std::io::Write, line: &str) {
    // Nobody may be reading any more; the server goes on all the same.
    let _unread = writeln!(to, "{line}").and_then(|()| to.flush()).is_err();
}

/// A value by the word that stands for it in JSON.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

fn rate_limit(text: &str) -> Result<RateLimit, String> {
    let wrong = || format!("found {text:?}, allowed is e.g. 500/60");
    let (requests, per_seconds) = text.split_once('/').ok_or_else(wrong)?;
    match (requests.parse(), per_seconds.parse()) {
        (Ok(requests), Ok(per_seconds)) if per_seconds > 0 => Ok(RateLimit { requests, per_seconds }),
        _ => Err(wrong()),
    }
}
