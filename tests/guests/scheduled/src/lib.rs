//! A scheduled converter that does what its setting `script` says, one command a line:
//!
//! ```text
//! report KEY SERIAL       a report, started when the run was due
//! keyless SERIAL          a report without key
//! startless KEY SERIAL    a report without start
//! get URL                 asks; log: the status and the body, or the error
//! post URL BODY           the same, with a header `x-test`
//! header URL NAME VALUE   the same, with a header
//! units URL               asks for lines KEY;SERIAL;START, a report of each; remembers the last key as `since`
//! set KEY VALUE           remembers
//! delete KEY              forgets
//! log-state KEY           log: what is remembered
//! log-run                 log: due, previous, by hand
//! fill BYTES              remembers so many bytes
//! requests URL COUNT      asks so often
//! skip WHY | wait SECONDS WHY | fail WHY | trap | loop
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use wats_converter::{
    Descriptor, Error, Grant, Header, Outcome, Reports, Run, ScheduledConverter, Waiting, http, log, state,
};

struct Scheduled;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Settings {
    /// What to do.
    script: String,
}

impl ScheduledConverter for Scheduled {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("scheduled", env!("CARGO_PKG_VERSION"))
            .summary("does what its setting says")
            .grant(Grant::Http)
            .grant(Grant::State)
            .grant(Grant::Lookup)
    }

    fn run(run: &Run, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        for line in settings.script.lines() {
            let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
            match words.as_slice() {
                [""] => {}
                ["report", key, serial] => one(reports, Header::new(*serial).key(*key).start(run.due()))?,
                ["keyless", serial] => one(reports, Header::new(*serial).start(run.due()))?,
                ["startless", key, serial] => one(reports, Header::new(*serial).key(*key))?,
                ["get", url] => told(http::get(*url)),
                ["post", url, body @ ..] => {
                    told(http::Request::new("POST", *url).header("x-test", "yes").body(body.join(" ")).send());
                }
                ["header", url, name, value] => told(http::Request::new("GET", *url).header(*name, *value).send()),
                ["units", url] => units(url, reports)?,
                ["set", key, value] => state::set_text(key, value)?,
                ["delete", key] => state::delete(key)?,
                ["log-state", key] => {
                    log::info(format_args!("{key} is {:?} of {:?}", state::text(key)?, state::keys()?))
                }
                ["log-run"] => {
                    log::info(format_args!(
                        "due {} previous {:?} by hand {}",
                        run.due(),
                        run.previous(),
                        run.is_by_hand()
                    ));
                }
                ["fill", bytes] => state::set_bytes("filled", &vec![0; bytes.parse().unwrap_or(0)])?,
                ["requests", url, count] => {
                    for _ in 0..count.parse().unwrap_or(0) {
                        told(http::get(*url));
                    }
                }
                ["skip", why @ ..] => return Ok(Outcome::skipped(why.join(" "))),
                ["wait", seconds, why @ ..] => {
                    let seconds = seconds.parse().unwrap_or(1.0);
                    return Ok(Outcome::Waiting(Waiting::new(why.join(" ")).retry_after(seconds)));
                }
                ["fail", why @ ..] => return Err(Error::malformed(why.join(" "))),
                ["trap"] => panic!("told to"),
                ["loop"] => loop {
                    std::hint::black_box(0);
                },
                other => return Err(Error::misconfigured(format!("unknown command {other:?}"))),
            }
        }
        Ok(Outcome::Converted)
    }
}

fn told(answer: Result<http::Response, http::HttpError>) {
    match answer {
        Ok(answer) => log::info(format_args!(
            "{} {} {}",
            answer.status(),
            answer.header("content-type").unwrap_or("-"),
            String::from_utf8_lossy(answer.body())
        )),
        Err(error) => log::info(format_args!("{error:?}")),
    }
}

fn units(url: &str, reports: &mut Reports) -> Result<(), Error> {
    let since = state::text("since")?.unwrap_or_default();
    let answer = http::get(format!("{url}?since={since}"))?.success()?;
    for line in answer.text()?.lines() {
        let fields: Vec<&str> = line.split(';').collect();
        let [key, serial, start] = fields.as_slice() else { return Err(Error::malformed("three fields")) };
        one(reports, Header::new(*serial).key(*key).start(*start))?;
        state::set_text("since", key)?;
    }
    Ok(())
}

fn one(reports: &mut Reports, header: Header) -> Result<(), Error> {
    let mut uut = reports.uut(header.part_number("PN-1").program("scheduled"));
    uut.numeric("Vcc", 5.0).unit("V").between(4.9, 5.1);
    uut.finish()?;
    Ok(())
}

wats_converter::export_scheduled!(Scheduled);
