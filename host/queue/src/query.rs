//! Reads.
use crate::lease::LeaseGuard;
use crate::*;
pub(crate) struct Db;
macro_rules! stub { ($($name:ident($($a:ident: $t:ty),*) -> $r:ty;)*) => { impl Db { $(pub(crate) fn $name(&self, $($a: $t),*) -> Result<$r, Error> { $(let _ = $a;)* Err(Error::Closed) })* } } }
stub! {
    sightings(a: &str, b: &[(String, Stat)]) -> Vec<Sighting>;
    source_by_stat(a: &str, b: &str, c: &Stat) -> Option<SourceRow>;
    source_by_identity(a: &[u8]) -> Option<SourceRow>;
    source(a: SourceId) -> SourceRow;
    archives_due(a: Option<SourceId>, b: u32) -> Vec<SourceRow>;
    sources_in_inbox(i: &str, a: Option<SourceId>, b: u32) -> Vec<SourceRow>;
    counts() -> Counts;
    list(a: &Filter, b: Page) -> Vec<EntryRow>;
    detail(a: EntryId) -> EntryDetail;
    payload(a: EntryId) -> Payload;
    trace(a: &Query) -> Trace;
    verify(a: bool) -> VerifyReport;
    kv(a: &str) -> Option<Vec<u8>>;
    read_leased(a: Vec<LeaseGuard>) -> (Vec<Leased>, Vec<(LeaseGuard, Error)>);
}
