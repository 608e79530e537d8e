//! `wats capsule`: a file that fails, packed with all that its conversion depends on.

mod format;
mod pack;
mod recorded;
mod redact;
mod reproduce;
mod secrets;

pub(crate) use self::pack::capsule;
pub(crate) use self::recorded::Recorded;
pub(crate) use self::reproduce::reproduce;
