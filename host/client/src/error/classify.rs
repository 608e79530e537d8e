//! The table of [`super::ErrorClass`] as a function: status and form of the body in, class out.
//!
//! Apart from any scheduling: whether and when to send again is decided elsewhere.

use super::ErrorClass;
use super::server_message::{Form, Said};

/// What an answer that is not a success means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Clear from the answer itself.
    Clear(ErrorClass),
    /// This, if it is a WATS server: nothing in the answer shows that it is.
    IfProved(ErrorClass),
}

/// Classifies an answer with a status that is no success. Redirects are the caller's.
///
/// A refused `submission` is given up for good, so it takes more than a status and a few words: a proxy, a half-started server
/// or the API of another product that says 404, 400 or 413 to everything would make the whole backlog dead letters.
pub(crate) fn classify(status: u16, said: &Said, submission: bool) -> Verdict {
    use ErrorClass::{Auth, Foreign, TooLarge, Transient};
    match status {
        401 | 403 | 407 => Verdict::Clear(Auth),
        // 511: "log in to the network first", the honest captive portal.
        405 | 421 | 426 | 511 => Verdict::Clear(Foreign),
        408 | 425 | 429 | 500..=599 => Verdict::Clear(Transient),
        413 if submission => Verdict::IfProved(TooLarge),
        413 => Verdict::Clear(TooLarge),
        400..=499 if submission && matches!(said.form, Form::Empty | Form::Text) => Verdict::Clear(Foreign),
        404 => missing(said),
        400..=499 => match refused(said) {
            Verdict::Clear(class @ ErrorClass::Permanent) if submission => Verdict::IfProved(class),
            verdict => verdict,
        },
        // 1xx is never seen here, 3xx is the caller's, and nothing above 599 exists.
        _ => Verdict::Clear(Foreign),
    }
}

fn refused(said: &Said) -> Verdict {
    match said.form {
        Form::Json => Verdict::Clear(ErrorClass::Permanent),
        Form::Html => Verdict::Clear(ErrorClass::Foreign),
        Form::OtherJson | Form::Text | Form::Empty => Verdict::IfProved(ErrorClass::Permanent),
    }
}

fn missing(said: &Said) -> Verdict {
    // ASP.NET's answer for an address that no controller serves: the base address is wrong, not the report.
    let no_such_action = said.message.as_deref().is_some_and(|m| m.contains("No HTTP resource was found"));
    match said.form {
        _ if no_such_action => Verdict::Clear(ErrorClass::Foreign),
        Form::Html => Verdict::Clear(ErrorClass::Foreign),
        Form::Json | Form::OtherJson | Form::Text | Form::Empty => Verdict::IfProved(ErrorClass::Permanent),
    }
}

/// What to do about a status, for people.
pub(crate) fn hint(status: u16) -> &'static str {
    match status {
        400 | 422 => "mend what the server names, then send it again",
        401 => "check the token: it is base64 of user:password, and the account must be active",
        403 => "the account lacks the permission for this call; ask the WATS administrator",
        404 => "check the identifier",
        407 => "set the proxy's user and password",
        408 | 425 => "it will be tried again",
        409 => "read it again, then update instead of create",
        413 => "make the report smaller (attachments, charts), or raise the limit on the server",
        429 => "it will be tried again when the server allows; send fewer requests",
        502 | 504 | 520..=530 => {
            "a proxy or gateway says so; it will be tried again; if it goes on, see whether the WATS server behind it runs"
        }
        500..=599 => "it will be tried again; if it goes on, look at the server's log",
        _ => "look at the server's log",
    }
}
