//! What the calls about tickets carry.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;
use crate::open::open_numbers;
use crate::product::Tag;

open_numbers! {
    /// How far a ticket is. The numbers are bits, so that a search can name several.
    TicketStatus {
        /// New: nobody works on it.
        Open = 1,
        /// Somebody works on it.
        InProgress = 2,
        /// It waits for something.
        OnHold = 4,
        /// The cause is found and put right.
        Solved = 8,
        /// Nothing more will be done.
        Closed = 16,
        /// Put away.
        Archived = 32,
    }
}

open_numbers! {
    /// How urgent a ticket is.
    TicketPriority {
        /// Low.
        Low = 0,
        /// Medium.
        Medium = 1,
        /// High.
        High = 2,
    }
}

open_numbers! {
    /// Whose tickets are looked for.
    TicketView {
        /// Those that are assigned to this account.
        Assigned = 0,
        /// Those that this account follows.
        Following = 1,
        /// All. Needs a permission.
        All = 2,
    }
}

open_numbers! {
    /// What a line of a ticket's history is about.
    TicketUpdateType {
        /// Somebody's words.
        Content = 0,
        /// The state.
        Progress = 1,
        /// Other properties.
        Properties = 2,
        /// Who was told.
        Notification = 3,
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Ticket {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub ticket_id: Option<Uuid>,
    /// The number people know.
    pub ticket_number: Option<i64>,
    /// Progress, in words.
    pub progress: Option<String>,
    /// Who opened it.
    pub owner: Option<String>,
    /// Who is to work on it. **Never told by the server**: see [`RootCause`](super::RootCause).
    pub assignee: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// How far it is.
    pub status: Option<TicketStatus>,
    /// How urgent it is.
    pub priority: Option<TicketPriority>,
    /// The report that it is about.
    #[serde(deserialize_with = "optional_id")]
    pub report_uuid: Option<Uuid>,
    /// Created (UTC).
    pub created_utc: Option<Moment>,
    /// Last changed (UTC).
    pub updated_utc: Option<Moment>,
    /// Team.
    pub team: Option<String>,
    /// Where it comes from.
    pub origin: Option<String>,
    /// Free data, by key.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What happened to it so far.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<TicketUpdate>,
    /// What is to be added to the history.
    pub update: Option<TicketUpdate>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A line of a ticket's history.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TicketUpdate {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub update_id: Option<Uuid>,
    /// When (UTC).
    pub update_utc: Option<Moment>,
    /// Who.
    pub update_user: Option<String>,
    /// In words.
    pub content: Option<String>,
    /// What it is about.
    pub update_type: Option<TicketUpdateType>,
    /// Files to it.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<TicketAttachment>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl TicketUpdate {
    /// A comment.
    pub fn comment(text: &str) -> Self {
        Self { content: Some(text.to_owned()), update_type: Some(TicketUpdateType::Content), ..Self::default() }
    }

    /// The same with a file that the server has.
    #[must_use]
    pub fn with_attachment(mut self, id: Uuid, name: &str) -> Self {
        let attachment = TicketAttachment {
            attachment_id: Some(id),
            filename: Some(name.to_owned()),
            ..TicketAttachment::default()
        };
        self.attachments.push(attachment);
        self
    }
}

/// A file to a ticket.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TicketAttachment {
    /// The server's own id.
    #[serde(deserialize_with = "optional_id")]
    pub attachment_id: Option<Uuid>,
    /// Its name.
    #[serde(alias = "fileName")]
    pub filename: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
