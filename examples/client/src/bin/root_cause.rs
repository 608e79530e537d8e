//! Tickets: opened with a file, worked on, solved, and put away.
//!
//! ```sh
//! cargo run --package client-examples --bin root_cause
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use anyhow::Context as _;
use client_examples::Server;
use wats_client::root_cause::{Ticket, TicketPriority, TicketStatus, TicketUpdate, TicketView};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let tickets = client.root_cause();

    let curve = tickets.upload_attachment("curve.csv", b"ms;lm\n0;0\n20;310\n").await?;
    let mut ticket = Ticket::default();
    ticket.subject = Some("Lamps flicker in hall 2".to_owned());
    ticket.assignee = Some("kari".to_owned());
    ticket.priority = Some(TicketPriority::High);
    ticket.update = Some(TicketUpdate::comment("since Monday").with_attachment(curve, "curve.csv"));
    let mut ticket = tickets.create(&ticket).await?.context("the server tells what it made")?;
    let id = ticket.ticket_id.context("a ticket has an id")?;

    ticket.status = Some(TicketStatus::Solved);
    ticket.update = Some(TicketUpdate::comment("a supply was loose"));
    let ticket = tickets.update(&ticket).await?.context("the server tells what it changed")?;
    for line in &ticket.history {
        println!("{:?}: {:?}", line.update_type, line.content);
    }

    let mine = tickets.list(&[TicketStatus::Solved], TicketView::All, Some("flicker")).await?;
    println!("solved, with that word: {}", mine.len());
    println!("the file has {} bytes", tickets.download_attachment(curve, None).await?.len());
    let archived = tickets.archive(&[id]).await?;
    println!("now: {:?}", archived.and_then(|ticket| ticket.status));
    Ok(())
}
