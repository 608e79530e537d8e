//! Writing.
use crate::Report;

impl Report {
    /// Writes the report in the form that servers take.
    pub fn to_wsjf(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Writes the report in the form that servers take.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_wsjf(&self, mut to: impl std::io::Write) -> std::io::Result<()> {
        to.write_all(&self.to_wsjf())
    }

    /// What [`Report::to_wsjf`] writes, without the id.
    pub fn content_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}
