//! Root cause: tickets about what went wrong, what was found out, and files to them.

mod model;

use bytes::Bytes;
use uuid::Uuid;

pub use self::model::{
    Ticket, TicketAttachment, TicketPriority, TicketStatus, TicketUpdate, TicketUpdateType, TicketView,
};
use crate::client::Client;
use crate::http::Answer;
use crate::request::{Outline, Request};
use crate::route::{Method, Route};

const GET: Route = Route::new(Method::Get, "/api/RootCause/Ticket");
const LIST: Route = Route::new(Method::Get, "/api/RootCause/Tickets");
const CREATE: Route = Route::new(Method::Post, "/api/RootCause/Ticket");
const UPDATE: Route = Route::new(Method::Put, "/api/RootCause/Ticket");
const ARCHIVE: Route = Route::new(Method::Post, "/api/RootCause/ArchiveTickets");
const DOWNLOAD: Route = Route::new(Method::Get, "/api/RootCause/Attachment");
const UPLOAD: Route = Route::new(Method::Post, "/api/RootCause/Attachment");

/// Calls about tickets. Made by [`Client::root_cause`].
///
/// **The server never tells whom a ticket is assigned to**, and takes what is sent for the whole ticket: whoever reads one, changes
/// it and writes it back has to fill in [`Ticket::assignee`] again. What [`create`](Self::create) and [`update`](Self::update)
/// give back has it, as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct RootCause<'a> {
    client: &'a Client,
}

impl<'a> RootCause<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    fn outline(self, route: Route) -> Outline {
        Outline::new(self.client, route, &[])
    }

    /// The ticket with this id, without its assignee.
    pub fn by_id(&self, id: Uuid) -> Request<Ticket> {
        self.outline(GET).query("ticketId", id).value()
    }

    /// The tickets in one of these states, as far as `view` shows them; with `search`, those that have it in their subject or
    /// tags.
    pub fn list(&self, states: &[TicketStatus], view: TicketView, search: Option<&str>) -> Request<Vec<Ticket>> {
        let flags = states.iter().fold(0, |flags, state| flags | i32::from(*state));
        let outline = self.outline(LIST).query("status", flags).query("view", view).query_if("searchString", search);
        outline.refuse_if(states.is_empty(), "states", "there are none; name those that are looked for").list()
    }

    /// Opens a ticket, with a first comment if [`Ticket::update`] is one.
    pub fn create(&self, ticket: &Ticket) -> Request<Option<Ticket>> {
        let outline = self.outline(CREATE).json(ticket);
        let has_subject = ticket.subject.as_deref().is_some_and(|subject| !subject.trim().is_empty());
        kept(outline.refuse_if(!has_subject, "ticket", "has no subject").saved(), ticket)
    }

    /// Changes a ticket: comments, states and assignments all go this way. What is sent is the whole ticket; once, if there is a
    /// comment.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a ticket without an id, or in another state than open and without an
    /// assignee: the server is known to refuse that as well.
    pub fn update(&self, ticket: &Ticket) -> Request<Option<Ticket>> {
        let outline = self.outline(UPDATE).json(ticket);
        if ticket.ticket_id.is_none() {
            return outline.refuse("ticket", "has no ticket_id").saved();
        }
        let is_assigned = ticket.assignee.as_deref().is_some_and(|name| !name.trim().is_empty());
        if let Some(state) = ticket.status.filter(|state| *state != TicketStatus::Open && !is_assigned) {
            let problem = format!(
                "has no assignee and the state {state:?}, allowed is Open; the server never tells the assignee: fill it in"
            );
            return outline.refuse("ticket", problem).saved();
        }
        // A comment that comes twice stands there twice.
        let outline = if ticket.update.is_some() { outline.once() } else { outline };
        kept(outline.saved(), ticket)
    }

    /// Puts tickets away that are solved or closed.
    pub fn archive(&self, ids: &[Uuid]) -> Request<Option<Ticket>> {
        let outline = self.outline(ARCHIVE).json(&ids);
        outline.refuse_if(ids.is_empty(), "ids", "there are none").saved()
    }

    /// A file, whole in memory: at most 64 MiB. Under this name, if one is given.
    pub fn download_attachment(&self, id: Uuid, name: Option<&str>) -> Request<Bytes> {
        self.outline(DOWNLOAD).query("attachmentId", id).query_if("fileName", name).download_any()
    }

    /// Hands a file to the server, whole in memory, and gives its id. It belongs to a ticket when an update names it:
    /// [`TicketUpdate::attachments`].
    pub fn upload_attachment(&self, name: &str, content: &[u8]) -> Request<Uuid> {
        let outline = self.outline(UPLOAD).file(name, "application/octet-stream", content);
        let outline = outline.refuse_if(name.trim().is_empty(), "name", "is empty");
        outline.read(read_id)
    }
}

/// Gives the assignee back that was sent: the server does not.
fn kept(request: Request<Option<Ticket>>, sent: &Ticket) -> Request<Option<Ticket>> {
    let sent = sent.assignee.clone();
    request.map(|saved| saved.map(|ticket| Ticket { assignee: ticket.assignee.or(sent), ..ticket }))
}

/// An id as bare text, or in quotes.
fn read_id(answer: &Answer) -> Result<Uuid, String> {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim_start_matches('\u{feff}').trim().trim_matches('"');
    text.parse().map_err(|error| format!("{text:?} is no id: {error}"))
}
