//! Downloads into files, and files into reports.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use uuid::Uuid;
use wats_client::report::AttachmentFile;
use wats_client::{Error, Request};

use crate::support::{Server, client, json, reply};

/// A server with a file of 3 bytes for everybody.
async fn server() -> Server {
    Server::wats(|_| async { reply(200, &[("content-type", "application/zip")], "zip") }).await
}

fn download(server: &Server) -> Request<Bytes> {
    client(&server.url).report().attachments(Uuid::from_u128(7))
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_download_becomes_a_file_and_never_takes_the_place_of_one_unasked() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let path = folder.path().join("files.zip");
    assert_eq!(download(&server).save_to(&path).await.unwrap(), 3);
    assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"zip".to_vec(), vec!["files.zip".to_owned()]));

    fs::write(&path, "mine").unwrap();
    let asked = server.count("Attachments");
    let error = download(&server).save_to(&path).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }) && error.to_string().contains("files.zip"), "{error}");
    assert_eq!(
        (fs::read(&path).unwrap(), server.count("Attachments")),
        (b"mine".to_vec(), asked),
        "nor is it asked for"
    );
    assert_eq!(download(&server).save_over(&path).await.unwrap(), 3);
    assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"zip".to_vec(), 1));
}

#[tokio::test]
async fn a_file_that_appears_during_the_download_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("files.zip");
    let theirs = path.clone();
    let server = Server::wats(move |_| {
        let theirs = theirs.clone();
        async move {
            fs::write(&theirs, "theirs").unwrap();
            reply(200, &[], "zip")
        }
    })
    .await;
    let error = download(&server).save_to(&path).await.unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"theirs".to_vec(), 1), "nothing else is left");
}

#[tokio::test]
async fn a_download_of_any_size_goes_to_its_file_and_begins_anew_after_a_cut() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 70;
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&attempts);
    let server = Server::wats(move |_| {
        let pieces = if count.fetch_add(1, Ordering::SeqCst) == 0 { 3 } else { PIECES };
        async move {
            let pieces = (0..pieces).map(|number| Ok(Bytes::from(vec![u8::try_from(number).unwrap(); PIECE])));
            let cut = (pieces.len() < PIECES).then(|| Err(std::io::Error::other("cut")));
            let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces.chain(cut)));
            axum::response::Response::new(body)
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.zip");
    let size = download(&server).save_to(&path).await.unwrap();
    assert_eq!((size, attempts.load(Ordering::SeqCst)), ((PIECE * PIECES) as u64, 2));
    let bytes = fs::read(&path).unwrap();
    assert!(
        bytes.chunks(PIECE).enumerate().all(|(number, piece)| piece.iter().all(|byte| usize::from(*byte) == number))
    );
    assert_eq!(names(folder.path()), ["large.zip"]);
    // Into the memory it does not go.
    let error = download(&server).await.unwrap_err();
    assert!(error.to_string().contains("67108864") || error.to_string().contains("64"), "{error}");
}

#[tokio::test]
async fn a_page_in_the_place_of_a_document_or_of_the_server_is_no_download() {
    let portal = "<!DOCTYPE html><html><title>Guest network</title></html>";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fs::write(&path, "good").unwrap();
    let page = move |_| async move { reply(200, &[("content-type", "text/html")], portal) };
    let (wats, other) = (Server::wats(page).await, Server::start(page).await);
    let id = Uuid::from_u128(7);
    let options = wats_client::report::WsjfOptions::default();
    let error = client(&wats.url).report().load_wsjf(id, options).save_over(&path).await.unwrap_err();
    assert_eq!(error.class(), wats_client::ErrorClass::Foreign, "{error}");
    // What somebody attached may be a page, when it is WATS that has it.
    assert_eq!(client(&wats.url).report().attachment(1).await.unwrap(), portal);
    let error = client(&other.url).report().attachment(1).save_over(&path).await.unwrap_err();
    assert_eq!(error.class(), wats_client::ErrorClass::Foreign, "{error}");
    let nothing = Server::wats(|_| async { reply(204, &[], "") }).await;
    let error = client(&nothing.url).report().attachments(id).save_over(&path).await.unwrap_err();
    assert!(matches!(error, Error::NoData { .. }), "{error}");
    assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"good".to_vec(), 1));
}

#[tokio::test]
async fn no_folder_is_made_and_nothing_is_left_of_a_download_that_failed() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let error = download(&server).save_to(folder.path().join("new/files.zip")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), ("file", false), "{error}");
    let broken = Server::wats(|_| async { json(404, r#"{"Message":"there is no report"}"#) }).await;
    let error = download(&broken).save_over(folder.path().join("files.zip")).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_file_becomes_an_attachment_and_goes_away_only_when_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Größe 1.csv");
    fs::write(&path, "a;b").unwrap();
    let file = AttachmentFile::new(&path).delete_after_reading();
    let error = file.clone().max_bytes(2).read().unwrap_err();
    assert!(error.to_string().contains("found 3 bytes or more, allowed are 2"), "{error}");
    assert!(path.exists(), "a file that was not taken stays");
    let attachment = file.description("values").max_bytes(3).read().unwrap();
    assert_eq!((attachment.name.as_str(), attachment.content_type.as_deref()), ("Größe 1.csv", Some("text/csv")));
    assert_eq!((attachment.data.as_slice(), attachment.description.as_deref()), (&b"a;b"[..], Some("values")));
    assert!(!path.exists());

    assert_eq!(AttachmentFile::new(folder.path()).read().unwrap_err().kind(), "file", "a folder");
    assert_eq!(AttachmentFile::new(&path).read().unwrap_err().kind(), "file", "gone");
    fs::write(&path, "x").unwrap();
    let named = AttachmentFile::new(&path).name("photo.png").content_type("image/x-raw").read().unwrap();
    assert_eq!((named.name.as_str(), named.content_type.as_deref()), ("photo.png", Some("image/x-raw")));
    assert!(path.exists(), "not deleted unasked");
}
