//! The bytes of one report, compressed once by the thread that made them.

use std::cell::RefCell;
use std::io::{self, Read as _};

use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, ResetDirective};

use crate::Error;

thread_local! {
    // Setting up the tables of zstd costs more than a small report does, so each thread keeps its own.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

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
        let compress = |slot: &RefCell<Option<Compressor<'static>>>| -> io::Result<Vec<u8>> {
            let mut slot = slot.borrow_mut();
            let compressor = match &mut *slot {
                Some(compressor) => compressor,
                none => none.insert(Compressor::new(level)?),
            };
            compressor.set_compression_level(level)?;
            compressor.include_checksum(true)?;
            compressor.compress(bytes)
        };
        let mut frame = COMPRESSOR.with(compress).map_err(failed)?;
        // It was made for the worst case; what waits for its commit should take no more than it holds.
        frame.shrink_to_fit();
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
        self.read(|reader| reader.read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() as u64 != self.raw_bytes {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} bytes came out, {} were stored", bytes.len(), self.raw_bytes),
            )));
        }
        Ok(bytes)
    }

    /// Reads it through without keeping it; the text says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.read(|reader| io::copy(reader, &mut io::sink())) {
            Ok(bytes) if bytes == self.raw_bytes => Ok(()),
            Ok(bytes) => Err(format!("{bytes} bytes came out, {} were stored", self.raw_bytes)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Gives the content as a stream, and one byte more than expected: enough to see that the frame is not what was stored.
    fn read<T>(&self, read: impl FnOnce(&mut dyn io::Read) -> io::Result<T>) -> io::Result<T> {
        DECOMPRESSOR.with_borrow_mut(|context| {
            // An error may have left the context in the middle of another frame.
            context.reset(ResetDirective::SessionOnly).map_err(|code| {
                io::Error::other(format!("zstd cannot begin anew: {}", zstd::zstd_safe::get_error_name(code)))
            })?;
            let reader = Decoder::with_context(self.frame.as_slice(), context);
            read(&mut reader.take(self.raw_bytes.saturating_add(1)))
        })
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
