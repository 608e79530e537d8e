//! The tables of the plugins, the inboxes and the schedules.

use maud::{Markup, html};

use super::{Page, attention, foreign, table};
use crate::{
    core::Reason,
    health::{InboxDetails, LastError, NextDetails, PluginDetails},
    schedule::{LastRun, RunOutcome, ScheduleDetails},
    web::words::{count, span},
};

impl Page<'_> {
    pub(super) fn plugins(&self) -> Markup {
        let plugins = &self.details.plugins;
        html! {
            section #plugins aria-labelledby="plugins-title" {
                h2 #plugins-title { "Plugins" }
                @if plugins.is_empty() {
                    p { "No plugin is in the plugin folders." }
                } @else {
                    (table("plugin-states", "State of the plugins, what they ask for, and what they are granted", &html! {
                        thead { tr {
                            th scope="col" { "Plugin" } th scope="col" { "State" } th scope="col" { "Asks for, and is granted" }
                            th scope="col" { "Signature" } th scope="col" { "Digest" }
                        } }
                        tbody { @for plugin in plugins { (self.plugin(plugin)) } }
                    }))
                    (table("plugin-work", "Files that the plugins were given since the station was started, by outcome", &html! {
                        thead { tr {
                            th scope="col" { "Plugin" }
                            @for name in [
                                "Converted", "Reports", "Skipped", "Waiting", "Failed: the file", "Failed: the plugin",
                                "Failed: the station", "Mean time", "Longest",
                            ] { th.number scope="col" { (name) } }
                            th scope="col" { "Last error" }
                        } }
                        tbody { @for plugin in plugins { (self.work(plugin)) } }
                    }))
                }
            }
        }
    }

    fn plugin(&self, plugin: &PluginDetails) -> Markup {
        let (word, look) = state(&plugin.state);
        html! {
            tr {
                th scope="row" { (named(plugin)) }
                td.wide {
                    span class={ "badge " (look) } { (word) } " "
                    span.quiet { "since " (self.since(plugin.since)) }
                    @if let Some(why) = &plugin.why { p { (foreign(why)) } }
                }
                td.middle {
                    @if plugin.version.is_some() { (grants(&plugin.asks, &plugin.grants, &plugin.asks_unknown)) }
                    @if let Some(NextDetails { version, asks, grants: given, .. }) = &plugin.next {
                        p.quiet { "Version " (foreign(version)) ", not in service:" }
                        (grants(asks, given, &[]))
                    }
                }
                td {
                    @match &plugin.signed {
                        Some(comment) => { "signed: " (foreign(comment)) },
                        None if plugin.version.is_some() => "not signed",
                        None => "",
                    }
                }
                td {
                    @if let Some(digest) = &plugin.digest {
                        @if plugin.pinned { "pinned" } @else { "not pinned" }
                        br;
                        code title={ "sha256:" (digest) } { (digest.get(..12).unwrap_or(digest)) "…" }
                    }
                }
            }
        }
    }

    fn work(&self, plugin: &PluginDetails) -> Markup {
        let figures = plugin.figures.unwrap_or_default();
        let took = |seconds: Option<f64>| seconds.map_or_else(|| "–".to_owned(), span);
        html! {
            tr {
                th scope="row" { (named(plugin)) }
                @for figure in [figures.converted, figures.reports, figures.skipped, figures.waiting] {
                    td.number { (count(figure)) }
                }
                @for figure in [figures.failed_file, figures.failed_plugin, figures.failed_station] {
                    td.number { (attention(figure)) }
                }
                td.number { (took(figures.mean_seconds)) }
                td.number { (took(figures.max_seconds)) }
                td.wide {
                    @if let Some(LastError { at, what, fault, .. }) = &plugin.last_error {
                        (self.time(*at)) " " (foreign(what))
                        @if *fault == wats_runtime::Fault::File {
                            span.quiet { " (the reason is beside the file, in the error folder)" }
                        }
                    } @else { span.quiet { "none" } }
                }
            }
        }
    }

    pub(super) fn inboxes(&self) -> Markup {
        html! {
            section #inboxes aria-labelledby="inboxes-title" {
                h2 #inboxes-title { "Inboxes" }
                (table("inbox-states", "Inboxes, and the files in them that are not done", &html! {
                    thead { tr {
                        th scope="col" { "Inbox" } th scope="col" { "Folder" } th.number scope="col" { "Not done" }
                        th.number scope="col" { "Of these, at work" } th.number scope="col" { "In the error folder" }
                        th scope="col" { "State" }
                    } }
                    tbody { @for inbox in &self.details.inboxes { (self.inbox(inbox)) } }
                }))
            }
        }
    }

    /// Nothing where there is none: most stations have only inboxes.
    pub(super) fn schedules(&self) -> Markup {
        let schedules = &self.details.schedules;
        html! {
            @if !schedules.is_empty() {
                section #schedules aria-labelledby="schedules-title" {
                    h2 #schedules-title { "Schedules" }
                    (table("schedule-states", "Scheduled converters, when they run, and how their last run went", &html! {
                        thead { tr {
                            th scope="col" { "Schedule" } th scope="col" { "Plugin" } th scope="col" { "When" }
                            th scope="col" { "Next" } th.number scope="col" { "Runs" } th scope="col" { "Last run" }
                        } }
                        tbody { @for schedule in schedules { (self.schedule(schedule)) } }
                    }))
                }
            }
        }
    }

    fn schedule(&self, schedule: &ScheduleDetails) -> Markup {
        html! {
            tr {
                th scope="row" { (foreign(&schedule.name)) }
                td { (foreign(&schedule.plugin)) }
                td { (foreign(&schedule.when)) }
                td.wide {
                    @if let Some(since) = schedule.running {
                        span.badge.good { "runs" } " " span.quiet { "since " (self.time(since)) }
                    } @else if let Some(Reason { why, since }) = &schedule.held {
                        span.badge.doubtful { "due, and does not run" } " " span.quiet { "since " (self.time(*since)) } br;
                        (foreign(why))
                    } @else if let Some(next) = schedule.next {
                        (self.time(next))
                    } @else {
                        span.quiet { "never again" }
                    }
                }
                td.number { (count(schedule.runs)) }
                td.wide { @if let Some(last) = &schedule.last { (self.last_run(last)) } @else { span.quiet { "none yet" } } }
            }
        }
    }

    fn last_run(&self, last: &LastRun) -> Markup {
        let look = match last.outcome {
            RunOutcome::Converted | RunOutcome::Skipped => "good",
            RunOutcome::Waiting | RunOutcome::Failed => "doubtful",
        };
        html! {
            span class={ "badge " (look) } { (last.outcome.as_str()) } " "
            span.quiet { (self.time(last.ended)) }
            @if last.outcome == RunOutcome::Converted {
                " " (count(last.reports)) " new, " (count(last.unchanged)) " known"
            }
            @if let Some(why) = &last.why { br; (foreign(why)) }
        }
    }

    fn inbox(&self, inbox: &InboxDetails) -> Markup {
        let troubles = [
            ("cannot be read", "bad", &inbox.unreadable),
            ("files are stuck", "doubtful", &inbox.stuck),
            ("files wait", "doubtful", &inbox.held),
        ];
        html! {
            tr {
                th scope="row" { (foreign(&inbox.name)) }
                td.wide { (foreign(&inbox.path)) }
                td.number { (count(inbox.files)) }
                td.number { (count(inbox.in_flight)) }
                td.number { (attention(inbox.quarantined)) }
                td.wide {
                    @if troubles.iter().all(|(.., reason)| reason.is_none()) { span.badge.good { "takes files" } }
                    @for (word, look, reason) in troubles {
                        @if let Some(Reason { why, since }) = reason {
                            p {
                                span class={ "badge " (look) } { (word) } " "
                                span.quiet { "since " (self.time(*since)) } br;
                                (foreign(why))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a state of a plugin is called, and how it looks.
fn state(state: &str) -> (&str, &'static str) {
    match state {
        "ready" => ("ready", "good"),
        "trial" => ("on trial", "good"),
        "loading" => ("loading", "doubtful"),
        "failed" => ("failed", "bad"),
        "held" => ("held", "bad"),
        "unapproved" => ("waiting for approval", "doubtful"),
        "returned" => ("given up on trial", "doubtful"),
        other => (other, "doubtful"),
    }
}

fn named(plugin: &PluginDetails) -> Markup {
    html! {
        (foreign(&plugin.name))
        @if let Some(version) = &plugin.version { " " span.quiet { (foreign(version)) } }
    }
}

/// What is asked for, each with whether it is granted.
fn grants(asks: &[String], granted: &[String], unknown: &[String]) -> Markup {
    if asks.is_empty() && unknown.is_empty() {
        return html! { "asks for nothing" };
    }
    html! {
        ul {
            @for ask in asks {
                li {
                    code { (foreign(ask)) } ": "
                    @if granted.contains(ask) { strong { "granted" } } @else { "not granted" }
                }
            }
            @for ask in unknown { li { code { (foreign(ask)) } ": not known to this station" } }
        }
    }
}
