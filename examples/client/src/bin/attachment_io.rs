//! Files with a report: read within a size and sent with it, found again, and saved whole or not at all.
//!
//! ```sh
//! cargo run --package client-examples --bin attachment_io
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::fs;

use anyhow::Context as _;
use client_examples::Server;
use uuid::Uuid;
use wats_client::Submission;
use wats_client::report::{AttachmentFile, HeaderField, HeaderPart, ReportKind};
use wats_report::{Report, UutReport};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let folder = tempfile::tempdir()?;
    let (photo, trace) = (folder.path().join("board.png"), folder.path().join("trace.csv"));
    fs::write(&photo, b"\x89PNG\r\n\x1a\n and the picture")?;
    fs::write(&trace, "ms;V\n0;0.1\n1;4.9\n2;5.0\n")?;

    // The media type is found by name and content; a file that is too large is not read.
    let photo = AttachmentFile::new(&photo).description("After soldering").read()?;
    println!("{}: {}", photo.name, photo.content_type.as_deref().unwrap_or_default());
    let refused = AttachmentFile::new(&trace).max_bytes(5).read();
    println!("{}", refused.err().context("it has more than 5 bytes")?);
    // Taken along, and gone from the disk once it was read.
    let trace_file = AttachmentFile::new(&trace).delete_after_reading().read()?;
    println!("still there: {}", trace.exists());

    let id = Uuid::new_v4();
    let report = UutReport::builder("LAMP-7", "C", "L7-000042")
        .id(id)
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .operator("kari")
        .start("2026-05-04T08:15:30+02:00".parse()?)
        .steps(|steps| {
            steps.numeric("Supply", 5.01).unit("V").between(4.9, 5.1);
            steps.action("Photo").attachment(photo);
            steps.action("Trace").attachment(trace_file);
        })
        .build();
    client.report().submit(&Submission::report(&Report::Uut(report))?, std::time::Duration::from_secs(30)).await?;

    // Found again, with its files.
    let headers = client
        .report()
        .headers(ReportKind::Uut)
        .filter(HeaderField::SerialNumber.field().eq("L7-000042"))
        .expand([HeaderPart::Attachments]);
    let found = headers.pages().all().await?;
    let found = found.first().context("it was sent just now")?;
    println!("found {:?} of {:?}", found.uuid, found.serial_number);
    let files = folder.path().join("files.zip");
    let bytes = client.report().attachments(id).save_to(&files).await?;
    println!("saved all files: {}", bytes == fs::metadata(&files)?.len());
    let again = client.report().attachments(id).save_to(&files).await;
    println!("{}", again.err().context("the file is there already")?.kind());
    Ok(())
}
