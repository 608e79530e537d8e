//! The bytes of one report, compressed once by the thread that made them.

use std::io::Read as _;

use crate::Error;

/// zstd level for payloads: about 300 MB/s on JSON, and level 6 saves only some percent more.
pub const DEFAULT_COMPRESSION_LEVEL: i32 = 3;

/// The content of one report, compressed. Opaque to the queue.
///
/// Held as a zstd frame with a checksum over the content, so that a damaged row is noticed when it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    frame: Vec<u8>,
    raw_bytes: u64,
}

impl Payload {
    /// Compresses `bytes`. Takes CPU: call it on a worker thread, never on the async side.
    ///
    /// # Errors
    /// [`Error::Io`] when zstd refuses (a level out of range, or no memory).
    pub fn compress(bytes: &[u8], level: i32) -> Result<Self, Error> {
        let failed =
            |source| Error::Io { doing: "compress a report of", path: format!("{} bytes", bytes.len()).into(), source };
        let mut compressor = zstd::bulk::Compressor::new(level).map_err(failed)?;
        compressor.include_checksum(true).map_err(failed)?;
        let frame = compressor.compress(bytes).map_err(failed)?;
        Ok(Self { frame, raw_bytes: bytes.len() as u64 })
    }

    /// A payload that was compressed before, as read from the store.
    pub(crate) fn from_stored(frame: Vec<u8>, raw_bytes: u64) -> Self {
        Self { frame, raw_bytes }
    }

    /// The content.
    ///
    /// # Errors
    /// [`Error::Io`] when the frame is damaged or its size is not the one stored beside it.
    pub fn decompress(&self) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Io {
            doing: "decompress a payload of",
            path: format!("{} bytes", self.frame.len()).into(),
            source,
        };
        let mut bytes = Vec::with_capacity(usize::try_from(self.raw_bytes.min(64 << 20)).unwrap_or(0));
        let reader = zstd::stream::read::Decoder::with_buffer(self.frame.as_slice()).map_err(failed)?;
        // One byte more than expected is enough to see that the frame is not what was stored.
        reader.take(self.raw_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 != self.raw_bytes {
            return Err(failed(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("{} bytes came out, {} were stored", bytes.len(), self.raw_bytes),
            )));
        }
        Ok(bytes)
    }

    /// Reads it through without keeping it; the text says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        let read = || -> std::io::Result<u64> {
            let mut reader = zstd::stream::read::Decoder::with_buffer(self.frame.as_slice())?;
            std::io::copy(&mut reader.by_ref().take(self.raw_bytes.saturating_add(1)), &mut std::io::sink())
        };
        match read() {
            Ok(bytes) if bytes == self.raw_bytes => Ok(()),
            Ok(bytes) => Err(format!("{bytes} bytes came out, {} were stored", self.raw_bytes)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Size as stored.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.frame.len() as u64
    }

    /// Size of the content.
    #[must_use]
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes, {} stored)", self.raw_bytes, self.frame.len())
    }
}
