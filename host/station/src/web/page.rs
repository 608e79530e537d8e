//! The page at `/`, for people: how the station is, without a key and without anything that a report says.
//!
//! What it shows is what `/health/details` answers. It is made here as a whole: no script, nothing from elsewhere; words of
//! plugins and files are text, and stand in a `bdi`, so that none of them turns round what stands beside it.

use std::fmt::Display;

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::{
    Web, refuse,
    words::{count, size, span, time},
};
use crate::health::{self, Complaint, Details, Status};

mod parts;

/// Where the looks are.
pub(super) const STYLE_PATH: &str = "/page.css";
/// Seconds after which the page is loaded again, unless it is asked otherwise.
const REFRESH_SECONDS: u32 = 10;
/// And at most.
const MAX_REFRESH_SECONDS: u32 = 3_600;
/// Nothing is run, nothing is fetched but the looks, nothing is sent, and no other page shows this one as a part of it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// 0 for never.
    #[serde(default = "usual_refresh")]
    refresh: u32,
}

fn usual_refresh() -> u32 {
    REFRESH_SECONDS
}

pub(super) async fn show(State(web): State<Web>, Query(asked): Query<Asked>) -> Response {
    if asked.refresh > MAX_REFRESH_SECONDS {
        let what = format!("refresh={}: at most {MAX_REFRESH_SECONDS} s", asked.refresh);
        return refuse(StatusCode::BAD_REQUEST, what, "give seconds, or 0 for a page that stays as it is");
    }
    let mut response = match health::details(&web.core).await {
        Ok(details) => {
            let zone = &web.core.config.station.time_zone;
            let page = Page { details: &details, now: web.core.now(), zone, refresh: asked.refresh };
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.html().into_string()).into_response()
        }
        Err(error) => {
            let what = wats_runtime::chain(&error);
            let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, what, "see the log of the station");
            // A page on a wall comes back by itself.
            if asked.refresh > 0 {
                response.headers_mut().insert(header::REFRESH, HeaderValue::from(asked.refresh));
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page/page.css")).into_response()
}

struct Page<'a> {
    details: &'a Details,
    now: Timestamp,
    /// Of the times that are shown.
    zone: &'a TimeZone,
    refresh: u32,
}

/// Words from outside: isolated, so that they cannot change the direction of what follows.
fn foreign(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// What a status is called and means, and how it looks.
fn status(status: Status) -> (&'static str, &'static str, &'static str) {
    match status {
        Status::Ok => ("OK", "good", "everything is as it should be"),
        Status::Degraded => ("Degraded", "doubtful", "it works, and somebody should look"),
        Status::Fault => ("Fault", "bad", "results do not arrive"),
    }
}

impl Page<'_> {
    fn html(&self) -> Markup {
        let details = self.details;
        let (word, look, meaning) = status(details.status);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if self.refresh > 0 { meta http-equiv="refresh" content=(self.refresh); }
                    title { (word) " – " (details.station) " – wats" }
                    link rel="stylesheet" href=(STYLE_PATH);
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        div.top {
                            h1 { (foreign(&details.station)) }
                            span class={ "badge " (look) } { (word) }
                            span { (meaning) }
                        }
                        (self.about())
                        nav aria-label="On this page" {
                            ul {
                                @for (id, name) in [
                                    ("health", "Health"), ("queue", "Queue"), ("plugins", "Plugins"), ("inboxes", "Inboxes"),
                                    ("schedules", "Schedules"),
                                ] {
                                    @if id != "schedules" || !details.schedules.is_empty() {
                                        li { a href={ "#" (id) } { (name) } }
                                    }
                                }
                            }
                        }
                    }
                    main #content tabindex="-1" {
                        (self.health())
                        (self.queue())
                        (self.plugins())
                        (self.inboxes())
                        (self.schedules())
                    }
                    (footer())
                }
            }
        }
    }

    fn about(&self) -> Markup {
        let zone = self.zone.iana_name().map_or_else(|| "the time of the station".to_owned(), str::to_owned);
        html! {
            p.quiet {
                "wats " (self.details.version) ", started " (span(self.details.uptime_seconds)) " ago. As of "
                (self.time(self.now)) " (" (zone) "). "
                @if self.refresh > 0 {
                    "Loaded again every " (span(f64::from(self.refresh))) ". " a href="/?refresh=0" { "Stop that" }
                } @else {
                    a href="/" { "Load again every " (span(f64::from(REFRESH_SECONDS))) }
                }
            }
        }
    }

    fn time(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at) { (time(at, self.zone)) } }
    }

    fn since(&self, since: Option<Timestamp>) -> Markup {
        html! { @if let Some(since) = since { (self.time(since)) } @else { span.quiet { "not known" } } }
    }

    fn health(&self) -> Markup {
        let complaints = &self.details.complaints;
        html! {
            section #health aria-labelledby="health-title" {
                h2 #health-title { "Health" }
                @if complaints.is_empty() {
                    p { "Nothing needs anybody's attention." }
                } @else {
                    (table("complaints", "What is not as it should be", &html! {
                        thead { tr { th scope="col" { "How bad" } th scope="col" { "Part" } th scope="col" { "Why" } th scope="col" { "Since" } } }
                        tbody {
                            @for Complaint { status: bad, part, why, since } in complaints {
                                @let (word, look, _) = status(*bad);
                                tr {
                                    td.short { span class={ "badge " (look) } { (word) } }
                                    th scope="row" { (foreign(part)) }
                                    td.wide { (foreign(why)) }
                                    td.short { (self.since(*since)) }
                                }
                            }
                        }
                    }))
                }
            }
        }
    }

    fn queue(&self) -> Markup {
        let queue = &self.details.queue;
        let counts = &queue.counts;
        let server = &self.details.destination;
        let none = || html! { span.quiet { "none" } };
        html! {
            div.side-by-side #queue {
                section aria-labelledby="reports-title" {
                    h2 #reports-title { "Reports" }
                    (table("reports", "Reports in the queue, since its data folder was made", &html! {
                        tbody {
                            (row("Pending", count(counts.reports_live)))
                            (row("Oldest pending", queue.oldest_seconds.map_or_else(none, |age| html! { (span(age)) })))
                            (row("Dead (refused for good)", attention(counts.reports_dead)))
                            (row("Delivered", count(counts.reports_delivered)))
                            (row("Superseded", count(counts.reports_superseded)))
                            (row("Discarded", count(counts.reports_discarded)))
                        }
                    }))
                }
                section aria-labelledby="files-title" {
                    h2 #files-title { "Files" }
                    (table("files", "Files, since the data folder was made", &html! {
                        tbody {
                            (row("Seen", count(counts.files_seen)))
                            (row("Converted", count(counts.files_committed)))
                            (row("Nothing to report", count(counts.files_no_report)))
                            (row("Quarantined", attention(counts.files_quarantined)))
                            (row("Waiting", count(counts.files_waiting)))
                        }
                    }))
                }
                section aria-labelledby="server-title" {
                    h2 #server-title { "Server" }
                    (table("server", "Where reports go, since the start", &html! {
                        tbody {
                            (row("Address", server.server.as_deref().map_or_else(
                                || html! { "none: reports are held" }, foreign)))
                            (row("Sending", match (&server.server, &server.paused) {
                                (None, _) => html! { "off" },
                                (_, Some(paused)) => html! { span.attention { "paused" } " since " (self.time(paused.since)) },
                                (_, None) => html! { "on" },
                            }))
                            (row("Delivered", count(server.delivered)))
                            (row("Last delivery", server.last_delivery.map_or_else(none, |at| self.time(at))))
                            @if let Some(seconds) = server.seconds_to_drain {
                                (row("Time to send all pending", html! { (span(seconds)) span.quiet { " at the allowed rate" } }))
                            }
                            (row("Queue on disk", size(counts.used_bytes)))
                            @if let Some(left) = self.details.disk_left_bytes { (row("Left on its disk", size(left))) }
                        }
                    }))
                }
            }
        }
    }
}

/// A table with its caption, in a frame that keyboards can scroll sideways where the window is narrow.
fn table(id: &str, caption: &str, rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby=(id) {
            table { caption id=(id) { (caption) } (rows) }
        }
    }
}

fn row(name: &str, value: impl maud::Render) -> Markup {
    html! { tr { th scope="row" { (name) } td.value { (value) } } }
}

/// A count that should be nothing.
fn attention(number: impl TryInto<u64>) -> Markup {
    let number = number.try_into().unwrap_or(u64::MAX);
    html! { @if number > 0 { span.attention { (count(number)) } } @else { (count(number)) } }
}

fn footer() -> Markup {
    fn link(path: impl Display) -> Markup {
        html! { a href=(path) { (path) } }
    }
    html! {
        footer {
            p {
                "For programs: " (link("/health")) ", " (link("/health/live")) ", " (link("/health/ready")) ", "
                (link("/health/details")) ", " (link("/metrics")) "; "
                code { "POST /reports" } " (WSJF, with the key in submit.key); " code { "/api/" }
                " (the commands of wats, with the key in admin.key)."
            }
            p { "What can be done about it: " code { "wats status" } ", " code { "wats trace" } ", " code { "wats queue" } ", " code { "wats plugin" } ", on this machine." }
        }
    }
}
