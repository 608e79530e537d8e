//! The calls about tickets.

use bytes::Bytes;
use serde_json::json;
use wats_client::root_cause::{Ticket, TicketPriority, TicketStatus, TicketUpdate, TicketUpdateType, TicketView};
use wats_client::{Client, Error};

use super::{Row, at_once, plant};
use crate::support::{self, Server, reply};

/// A line of the list, the names in the query, and the call.
pub(super) const ROWS: &[Row] = &[
    ("POST /api/RootCause/Ticket", "", |c| c.root_cause().create(&ticket("Lamp flickers")).map(drop)),
    ("GET /api/RootCause/Ticket", "ticketId", |c| c.root_cause().by_id(opened(c).ticket_id.unwrap()).map(drop)),
    ("GET /api/RootCause/Tickets", "status view searchString", |c| {
        c.root_cause().list(&[TicketStatus::Open, TicketStatus::OnHold], TicketView::All, Some("lamp")).map(drop)
    }),
    ("PUT /api/RootCause/Ticket", "", |c| c.root_cause().update(&opened(c)).map(drop)),
    ("POST /api/RootCause/ArchiveTickets", "", |c| {
        let mut ticket = opened(c);
        ticket.status = Some(TicketStatus::Solved);
        at_once(c, |c| c.root_cause().update(&ticket));
        c.root_cause().archive(&[ticket.ticket_id.unwrap()]).map(drop)
    }),
    ("POST /api/RootCause/Attachment", "", |c| c.root_cause().upload_attachment("a.txt", b"x").map(drop)),
    ("GET /api/RootCause/Attachment", "attachmentId fileName", |c| {
        let id = at_once(c, |c| c.root_cause().upload_attachment("a.txt", b"x"));
        c.root_cause().download_attachment(id, Some("a.txt")).map(drop)
    }),
];

fn ticket(subject: &str) -> Ticket {
    let mut ticket = Ticket::default();
    ticket.subject = Some(subject.to_owned());
    ticket.assignee = Some("kim".into());
    ticket.priority = Some(TicketPriority::High);
    ticket
}

fn opened(client: &Client) -> Ticket {
    at_once(client, |c| c.root_cause().create(&ticket("Lamp flickers"))).unwrap()
}

#[tokio::test]
async fn a_ticket_lives_from_open_to_archived_and_keeps_its_history() {
    let (_sim, client) = plant();
    let tickets = client.root_cause();
    let mut opened = ticket("Lamp flickers");
    opened.update = Some(TicketUpdate::comment("since Monday"));
    let opened = tickets.create(&opened).await.unwrap().unwrap();
    let id = opened.ticket_id.unwrap();
    assert_eq!((opened.status, opened.owner.as_deref()), (Some(TicketStatus::Open), Some("wats")));
    assert_eq!(opened.assignee.as_deref(), Some("kim"), "kept here: the server does not tell it");
    let mut solved = opened;
    solved.status = Some(TicketStatus::Solved);
    let error = tickets.archive(&[id]).await.unwrap_err();
    assert_eq!(error.status(), Some(409), "neither solved nor closed: {error}");
    solved = tickets.update(&solved).await.unwrap().unwrap();
    solved.priority = Some(TicketPriority::Low);
    solved = tickets.update(&solved).await.unwrap().unwrap();
    let lines: Vec<_> = solved.history.iter().map(|line| line.update_type.unwrap()).collect();
    assert_eq!(lines, [TicketUpdateType::Content, TicketUpdateType::Progress, TicketUpdateType::Properties]);
    assert_eq!(solved.history[0].content.as_deref(), Some("since Monday"));
    assert_eq!(solved.history[0].update_user.as_deref(), Some("wats"));
    assert_eq!(tickets.archive(&[id]).await.unwrap().unwrap().status, Some(TicketStatus::Archived));
    let error = tickets.update(&solved).await.unwrap_err();
    assert_eq!(error.server_message(), Some("the ticket is archived"));
}

#[tokio::test]
async fn a_ticket_that_lost_its_assignee_on_the_way_is_not_sent() {
    let (sim, client) = plant();
    let tickets = client.root_cause();
    let id = opened(&client).ticket_id.unwrap();
    let mut read = tickets.by_id(id).await.unwrap();
    assert_eq!(read.assignee, None, "the server does not tell it");
    read.status = Some(TicketStatus::InProgress);
    let before = sim.handle().stats().requests;
    let error = tickets.update(&read).await.unwrap_err();
    assert!(matches!(error, Error::Argument { argument: "ticket", .. }), "{error}");
    assert!(error.to_string().contains("InProgress"), "{error}");
    assert_eq!(sim.handle().stats().requests, before);
    read.assignee = Some("kim".into());
    assert_eq!(tickets.update(&read).await.unwrap().unwrap().status, Some(TicketStatus::InProgress));
    // The server itself refuses it too: here of a ticket whose state is not sent.
    read.assignee = None;
    read.status = None;
    let error = tickets.update(&read).await.unwrap_err();
    assert_eq!(error.server_message(), Some("an unassigned ticket must have status new"));
    for nothing in [Ticket::default(), ticket(" ")] {
        assert!(matches!(tickets.create(&nothing).await, Err(Error::Argument { .. })));
        assert!(matches!(tickets.update(&nothing).await, Err(Error::Argument { .. })));
    }
    assert!(matches!(tickets.archive(&[]).await, Err(Error::Argument { .. })));
}

#[tokio::test]
async fn tickets_are_found_by_state_by_whose_they_are_and_by_their_words() {
    let (_sim, client) = plant();
    let tickets = client.root_cause();
    opened(&client);
    let mut mine = ticket("Door sticks");
    mine.assignee = Some("wats".into());
    mine.tags = vec![serde_json::from_value(json!({ "key": "hall", "value": "North" })).unwrap()];
    mine = tickets.create(&mine).await.unwrap().unwrap();
    mine.status = Some(TicketStatus::OnHold);
    tickets.update(&mine).await.unwrap();
    let found = async |states: &[TicketStatus], view, search| {
        let found = tickets.list(states, view, search).await.unwrap();
        found.into_iter().map(|ticket| ticket.subject.unwrap()).collect::<Vec<_>>()
    };
    let both = [TicketStatus::Open, TicketStatus::OnHold];
    assert_eq!(found(&both, TicketView::All, None).await, ["Lamp flickers", "Door sticks"]);
    assert_eq!(found(&both[..1], TicketView::All, None).await, ["Lamp flickers"]);
    assert_eq!(found(&both, TicketView::Assigned, None).await, ["Door sticks"]);
    assert_eq!(found(&both, TicketView::All, Some("north")).await, ["Door sticks"]);
    assert!(found(&[TicketStatus::Closed], TicketView::All, None).await.is_empty());
    assert!(matches!(tickets.list(&[], TicketView::All, None).await, Err(Error::Argument { .. })));
}

#[tokio::test]
async fn a_file_goes_up_in_a_form_and_comes_down_byte_for_byte() {
    let (_sim, client) = plant();
    let tickets = client.root_cause();
    // What separates the parts of a form may stand in a file.
    let content = [b"\r\n--wats-part-00000000--\r\n", &(0..=255).collect::<Vec<u8>>()[..]].concat();
    let id = tickets.upload_attachment("curve \"1\".bin", &content).await.unwrap();
    assert_eq!(tickets.download_attachment(id, None).await.unwrap(), content);
    let mut ticket = opened(&client);
    ticket.update = Some(TicketUpdate::comment("see there").with_attachment(id, "curve.bin"));
    let ticket = tickets.update(&ticket).await.unwrap().unwrap();
    assert_eq!(ticket.history[0].attachments[0].attachment_id, Some(id));
    let nobody = uuid::Uuid::new_v4();
    assert!(tickets.download_attachment(nobody, None).await.unwrap_err().is_not_found());
    assert!(matches!(tickets.upload_attachment("", b"x").await, Err(Error::Argument { argument: "name", .. })));
}

#[tokio::test]
async fn the_id_of_a_file_is_read_with_and_without_quotes_and_nothing_else_is_taken_for_one() {
    let id = uuid::Uuid::new_v4();
    let forms = [format!("{id}"), format!("\"{id}\""), format!("\u{feff}\"{id}\"\r\n"), String::new(), "null".into()];
    let forms = std::sync::Arc::new(std::sync::Mutex::new(forms.into_iter()));
    let server = Server::wats(move |_| {
        let form = forms.lock().unwrap().next().unwrap();
        async move { reply(200, &[], &form) }
    })
    .await;
    let client = support::client(&server.url);
    for _ in 0..3 {
        assert_eq!(client.root_cause().upload_attachment("a.txt", b"x").await.unwrap(), id);
    }
    for _ in 0..2 {
        let error = client.root_cause().upload_attachment("a.txt", b"x").await.unwrap_err();
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
    }
    let seen = server.seen().into_iter().find(|seen| seen.method == "POST").unwrap();
    assert_eq!(seen.header("content-type"), Some("multipart/form-data; boundary=wats-part-00000000"));
    let expected = "--wats-part-00000000\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\nx\r\n--wats-part-00000000--\r\n";
    assert_eq!(seen.body, Bytes::from(expected));
}
