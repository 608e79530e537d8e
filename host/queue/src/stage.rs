//! Large files.
use crate::{Error, NewReport};

pub(crate) struct Chunk {
    pub(crate) reports: Vec<NewReport>,
    pub(crate) rest: Option<Vec<(u32, Vec<u8>)>>,
}
pub(crate) fn chunks(reports: Vec<NewReport>) -> Result<Vec<Chunk>, Error> {
    Ok(vec![Chunk { reports, rest: None }])
}
pub(crate) fn is_large(reports: &[NewReport]) -> bool {
    reports.len() > 64
}
