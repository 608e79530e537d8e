//! A client of few words: one request, one connection.

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(super) async fn get(address: &str, path: &str, key: Option<&str>) -> Result<(u16, String)> {
    let key = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let head = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n{key}\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(crate::station::PATIENCE, exchange).await.context("wait for an answer")??;
    let (head, body) = answer.split_once("\r\n\r\n").context("read an answer of HTTP")?;
    let status = head.split(' ').nth(1).context("read a status")?.parse()?;
    Ok((status, body.to_owned()))
}
