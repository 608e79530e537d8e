//! What a server answers: whatever the bytes, the client gives an answer or an error that can be printed, takes nothing for a
//! receipt that does not name the report, and tells nobody the token.
//!
//! The first byte says which call is made, the second how the server behaves, three digits are the status. Then come lines
//! of the head up to an empty one, and the body.
#![no_main]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use wats_client::production::UnitKey;
use wats_client::report::{ReportKind, WsjfOptions};
use wats_client::{
    Client, Error, MAX_RETRY_AFTER, Proxy, RateLimiter, ReceiptEvidence, RetryPolicy, Submission, Timeouts,
};

const TOKEN: &str = "c3RhdGlvbjpodW50ZXIyMjI=";
const ID: &str = "0af0c1d2-1111-4222-8333-444455556666";
/// The server closes after its answer.
const CLOSES: u8 = 1;
/// The version is answered like everything else, so that the server does not prove to be WATS.
const NO_VERSION: u8 = 2;
/// Not even a status line is made: all bytes from the third on are the answer.
const RAW: u8 = 4;

/// What the server answers next.
#[derive(Clone, Default)]
struct Script {
    answer: Vec<u8>,
    flags: u8,
}

static SCRIPT: Mutex<Script> = Mutex::new(Script { answer: Vec::new(), flags: 0 });

/// The address of a server that answers by the script.
static SERVER: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("http://{address}")
});

fn script() -> Script {
    SCRIPT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Requests of one connection, until either side has enough. An error ends it, as it would end any server's.
fn serve(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut requests = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let (mut length, mut is_version, mut line) = (0, false, String::new());
        while requests.read_line(&mut line).ok()? > 0 && line != "\r\n" {
            is_version |= line.starts_with("GET /api/App/Version");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            line.clear();
        }
        if line.is_empty() {
            return None;
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).ok()?;
        let script = script();
        if is_version && script.flags & NO_VERSION == 0 {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\"24.1.0\"").ok()?;
            continue;
        }
        stream.write_all(&script.answer).ok()?;
        if script.flags & CLOSES != 0 {
            return None;
        }
    }
}

/// The bytes that the server sends, and whether they tell where they end.
fn answer(flags: u8, bytes: &[u8]) -> (Vec<u8>, bool) {
    if flags & RAW != 0 {
        return (bytes.to_vec(), false);
    }
    let (status, rest) = bytes.split_at_checked(3).unwrap_or((b"200", bytes));
    let end = rest.windows(2).position(|window| window == b"\n\n").unwrap_or(rest.len());
    let (head, body) = (&rest[..end], rest.get(end + 2..).unwrap_or_default());
    let mut answer = [b"HTTP/1.1 ".as_slice(), status, b" x\r\n"].concat();
    for line in head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        answer.extend([line, b"\r\n".as_slice()].concat());
    }
    let said = String::from_utf8_lossy(head).to_ascii_lowercase();
    let has_end = !said.contains("length") && !said.contains("encoding") && !status.starts_with(b"1");
    if has_end {
        answer.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
    }
    answer.extend(b"\r\n");
    answer.extend(body);
    (answer, has_end)
}

fn client() -> Client {
    let second = Duration::from_secs(1);
    Client::builder(&SERVER)
        .token(TOKEN.into())
        .proxy(Proxy::None)
        .rate_limiter(RateLimiter::unlimited())
        .retry(RetryPolicy { attempts: 1, ..RetryPolicy::default() })
        .timeouts(Timeouts { connect: second, read: second, total: second, deadline: second })
        .build()
        .expect("these settings are right")
}

/// Makes the call that a byte says. True for a receipt that rests on its being named.
async fn call(client: &Client, which: u8) -> Result<bool, Error> {
    let id = ID.parse().expect("an id");
    let unit = UnitKey::new("SN-1", "PN-1");
    match which % 10 {
        0 | 1 => {
            let submission = Submission::wsjf(format!("{{\"id\":\"{ID}\"}}").into(), id);
            let receipt = client.report().submit_once(&submission).await?;
            assert_eq!(receipt.id, id);
            assert!((200..300).contains(&receipt.status), "{receipt:?}");
            return Ok(receipt.evidence == ReceiptEvidence::Named);
        }
        2 => drop(client.process().list().await?),
        3 => drop(client.product().by_part_number("PN-1").await?),
        4 => drop(client.production().unit(unit).await?),
        5 => {
            let mut pages = client.production().unit_changes(None, None).page_size(2);
            for _ in 0..3 {
                if pages.next_page().await?.is_none() {
                    break;
                }
            }
        }
        6 => drop(client.report().load(id, WsjfOptions::default()).await?),
        7 => drop(client.report().headers(ReportKind::Uut).pages().first_page().await?),
        8 => drop(client.version().await?),
        _ => {
            let found = client.check().await.to_string();
            assert!(!found.contains(TOKEN) && !found.contains("hunter222"), "{found}");
        }
    }
    Ok(false)
}

fuzz_target!(|bytes: &[u8]| {
    static CLIENT: Mutex<Option<Client>> = Mutex::new(None);
    static RUNTIME: LazyLock<tokio::runtime::Runtime> =
        LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));
    let [which, flags, rest @ ..] = bytes else { return };
    let (answer, has_end) = answer(*flags, rest);
    let flags = if has_end { *flags } else { *flags | CLOSES };
    *SCRIPT.lock().unwrap_or_else(PoisonError::into_inner) = Script { answer, flags };
    let mut kept = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    let client = kept.get_or_insert_with(client);
    client.clear_cache();
    match RUNTIME.block_on(call(client, *which)) {
        // Compressed or escaped, the id is there too, but not to be seen here.
        Ok(true) if has_end && !rest.contains(&b'\\') => {
            let said = String::from_utf8_lossy(rest).to_ascii_lowercase().replace('-', "");
            assert!(said.contains(&ID.replace('-', "")), "a receipt without the id: {said}");
        }
        Ok(_) => {}
        Err(error) => {
            assert!(error.retry_after().is_none_or(|wait| wait <= MAX_RETRY_AFTER), "{error:?}");
            let text = error.to_string();
            assert!(!text.is_empty() && text.len() < 10_000, "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
            let all = format!("{text} {error:?}");
            assert!(!all.contains(TOKEN) && !all.contains("hunter222"), "{all}");
        }
    }
    // It asked for quiet, or broke so often that nobody is asked any more: the next input is for another client.
    if client.is_circuit_open() || client.rate_limiter().paused_for().is_some() {
        *kept = None;
    }
});
