//! What answers at the server's address in place of the server: byte for byte what it is told to, until it lets the server
//! itself be reached.

#![expect(clippy::unwrap_used, reason = "this is a test: what goes wrong here must end it")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What it does with a connection.
#[derive(Debug, Clone)]
pub enum Says {
    /// This to each request.
    Always(String),
    /// The first where the version is asked for, the second to everything else.
    Version(String, String),
    /// The same, whatever it is.
    Bytes(&'static [u8]),
    /// This before anything is asked.
    AtOnce(&'static [u8]),
    /// The head of an answer, and then these bytes again and again, with a pause before each.
    Endless(String, Vec<u8>, Duration),
    /// Reads, and does not answer.
    Nothing,
    /// Hangs up when it is asked.
    Closes,
    /// What the server says.
    TheTruth,
}

/// An HTTP answer that ends with its connection; `{id}` in the body becomes the id of the report that was sent.
pub fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}")
}

/// The front, and the server behind it.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    says: Arc<Mutex<Says>>,
    connections: Arc<Mutex<JoinSet<()>>>,
    _listening: JoinSet<()>,
}

impl Front {
    /// Stands before the server at this address.
    pub async fn before(server: &str, says: Says) -> Self {
        let server: SocketAddr = server.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let says = Arc::new(Mutex::new(says));
        let connections: Arc<Mutex<JoinSet<()>>> = Arc::default();
        let mut listening = JoinSet::new();
        let (told, open) = (Arc::clone(&says), Arc::clone(&connections));
        listening.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let says = told.lock().unwrap().clone();
                open.lock().unwrap().spawn(async move {
                    // That the other side hangs up is its right.
                    let _ended = serve(stream, says, server).await;
                });
            }
        });
        Self { address, says, connections, _listening: listening }
    }

    /// Scheme, host and port.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// From now on. Connections that are open are cut.
    pub fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
        self.connections.lock().unwrap().abort_all();
    }
}

async fn serve(mut stream: TcpStream, says: Says, server: SocketAddr) -> std::io::Result<()> {
    match says {
        Says::TheTruth => {
            let mut behind = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut behind).await?;
        }
        Says::AtOnce(bytes) => {
            stream.write_all(bytes).await?;
            // What is asked is read, so that the answer is not lost by a reset.
            let mut asked = [0; 4096];
            while stream.read(&mut asked).await? == asked.len() {}
        }
        Says::Bytes(bytes) => {
            request(&mut stream).await?;
            stream.write_all(bytes).await?;
        }
        Says::Always(text) => {
            let asked = request(&mut stream).await?;
            stream.write_all(text.replace("{id}", &id_in(&asked)).as_bytes()).await?;
        }
        Says::Version(version, rest) => {
            let asked = request(&mut stream).await?;
            let text = if asked.starts_with("GET /api/App/Version ") { version } else { rest };
            stream.write_all(text.replace("{id}", &id_in(&asked)).as_bytes()).await?;
        }
        Says::Endless(head, piece, every) => {
            request(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            loop {
                tokio::time::sleep(every).await;
                stream.write_all(&piece).await?;
            }
        }
        Says::Nothing => {
            let mut asked = [0; 4096];
            while stream.read(&mut asked).await? > 0 {}
        }
        Says::Closes => drop(request(&mut stream).await?),
    }
    stream.shutdown().await
}

/// One request with its body.
async fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut asked = Vec::new();
    let mut more = vec![0; 16 * 1024];
    loop {
        let text = String::from_utf8_lossy(&asked);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(text.into_owned());
            }
        }
        match stream.read(&mut more).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => asked.extend_from_slice(more.get(..read).unwrap_or_default()),
        }
    }
}

fn id_in(asked: &str) -> String {
    let id = asked.split_once("\"id\":\"").and_then(|(_, rest)| rest.split_once('"'));
    id.map(|(id, _)| id.to_owned()).unwrap_or_default()
}
