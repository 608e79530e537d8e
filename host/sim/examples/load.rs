//! Sends many small reports to a simulated server and says how fast they were taken:
//! `cargo run -p wats-sim --example load -- URL [REPORTS] [CONNECTIONS] [FIRST]`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use wats_sim::DEMO_TOKEN;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("the first argument is the server's URL")?;
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (reports, connections, first) = (number(100_000)?, number(8)?, number(0)?);
    let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let begun = Instant::now();
    let share = reports.div_ceil(connections);
    let senders: Vec<_> = (0..connections)
        .map(|sender| {
            let (host, from) = (host.clone(), first + sender * share);
            let to = (from + share).min(first + reports);
            std::thread::spawn(move || send(&host, from, to))
        })
        .collect();
    for sender in senders {
        sender.join().map_err(|_| "a sender panicked")??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let rate = u32::try_from(reports).map_or(0.0, |reports| f64::from(reports) / seconds);
    writeln!(std::io::stdout(), "{reports} reports on {connections} connections in {seconds:.2} s: {rate:.0}/s")?;
    Ok(())
}

fn send(host: &str, from: u64, to: u64) -> Outcome<()> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut answer = [0; 4096];
    for number in from..to {
        let body = report(number);
        let request = format!(
            "POST /api/Report/WSJF HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {DEMO_TOKEN}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let count = stream.read(&mut answer)?;
        let answer = answer.get(..count).unwrap_or_default();
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(answer).into_owned().into());
        }
    }
    Ok(())
}

/// A report of about 1 KiB with three measurements.
fn report(number: u64) -> String {
    format!(
        r#"{{"type":"T","id":"0b5f7c1e-3f55-4f0e-9c0e-{number:012x}","pn":"LAMP-7","sn":"L7-{number:07}","rev":"C","processCode":100,"result":"P","machineName":"EOL-03","location":"Hall 2","purpose":"Production","start":"2026-05-04T08:15:30.250+02:00","uut":{{"user":"kari","execTime":3.2}},"miscInfos":[{{"description":"Ambient","text":"21.5"}}],"subUnits":[],"root":{{"stepType":"SequenceCall","name":"MainSequence Callback","group":"M","status":"P","seqCall":{{"path":"lamp.seq","name":"lamp.seq","version":"1.0.0"}},"steps":[{{"stepType":"ET_NLT","name":"Vcc","group":"M","status":"P","numericMeas":[{{"value":5.01,"unit":"V","compOp":"GELE","lowLimit":4.9,"highLimit":5.1,"status":"P"}}]}},{{"stepType":"ET_PFT","name":"Boot","group":"M","status":"P","booleanMeas":[{{"status":"P"}}]}},{{"stepType":"ET_SVT","name":"Fw","group":"M","status":"P","stringMeas":[{{"value":"1.2.3","limit":"1.2.3","compOp":"EQ","status":"P"}}]}}]}}}}"#
    )
}
