//! The files to convert.

use std::fmt;

use crate::bindings::wats::converter::source::TextError;
use crate::read::{Lines, Reader};
use crate::{Error, host};

/// The host gives at most this much at a time.
const MOST_AT_ONCE: u32 = 16 * 1024 * 1024;

/// What there is to convert: the file that was dropped, and mostly nothing else.
#[derive(Debug)]
pub struct Input {
    main: File,
    companions: Vec<File>,
}

impl Input {
    pub(crate) fn new(main: File, companions: Vec<File>) -> Self {
        Self { main, companions }
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn from_wire(input: crate::bindings::Input) -> Self {
        Self::new(File::new(input.main), input.companions.into_iter().map(File::new).collect())
    }

    /// The file that was dropped.
    pub fn main(&self) -> &File {
        &self.main
    }

    /// Files that belong to it, sorted by path; mostly none.
    pub fn companions(&self) -> &[File] {
        &self.companions
    }
}

/// One file, open for reading and unchanging while the plugin runs.
///
/// Reading cannot fail: when a disk errs, the host ends the call and tries the file again later.
pub struct File {
    host: host::File,
}

impl File {
    pub(crate) fn new(host: host::File) -> Self {
        Self { host }
    }

    pub(crate) fn host(&self) -> &host::File {
        &self.host
    }

    /// File name with extension, without folder: `report.csv`.
    ///
    /// Asking for the name, the path or the time of change makes it a part of what the file is: a copy under another name is
    /// then another source. Ask only when you use it.
    pub fn name(&self) -> String {
        self.host.name()
    }

    /// Path relative to the inbox, with `/` between folders. Noted as for [`name`](Self::name).
    pub fn path(&self) -> String {
        self.host.path()
    }

    /// When the file was last changed, ISO 8601 with an offset. Noted as for [`name`](Self::name).
    pub fn modified(&self) -> String {
        self.host.modified()
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.host.size()
    }

    /// `length` bytes from `offset`: fewer only at the end of the file, none at or after it.
    pub fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let piece = |wanted: usize| u32::try_from(wanted).map_or(MOST_AT_ONCE, |wanted| wanted.min(MOST_AT_ONCE));
        let mut bytes = self.host.read(offset, piece(length));
        while bytes.len() < length {
            let more = self.host.read(offset.saturating_add(bytes.len() as u64), piece(length - bytes.len()));
            if more.is_empty() {
                break;
            }
            bytes.extend_from_slice(&more);
        }
        bytes
    }

    /// The first `length` bytes, for a probe.
    pub fn head(&self, length: usize) -> Vec<u8> {
        self.read(0, length)
    }

    /// The whole file. For files that fit several times into the plugin's memory (256 MiB by default); else use
    /// [`reader`](Self::reader).
    pub fn bytes(&self) -> Vec<u8> {
        self.read(0, usize::try_from(self.size()).unwrap_or(usize::MAX))
    }

    /// The whole file as text, without byte order mark, up to 64 MiB (the host's limit `text_bytes`). `encoding` is a WHATWG label
    /// such as `windows-1252`; without one a byte order mark decides, else UTF-8. The host decodes: no tables in the plugin.
    ///
    /// # Errors
    /// `malformed` with the offset of what is invalid; `unsupported` when the file is too large; `misconfigured` when the label
    /// names no encoding.
    pub fn text(&self, encoding: Option<&str>) -> Result<String, Error> {
        let name = encoding.unwrap_or("UTF-8 or UTF-16 with a byte order mark");
        self.host.text(encoding).map_err(|error| match error {
            TextError::UnknownEncoding => Error::misconfigured(format!("{name:?} is no encoding that is known")),
            TextError::InvalidAt(offset) => Error::malformed(format!("not valid {name}")).at_offset(offset),
            TextError::TooLarge(allowed) => Error::unsupported(format!(
                "found {} bytes to decode at once, allowed are {allowed}; raise limits.text_bytes in the plugin's manifest",
                self.host.size()
            )),
        })
    }

    /// Lines of UTF-8, read in pieces: memory is one piece and one line. A byte order mark is passed over.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(self.reader())
    }

    /// Buffered bytes from the start, read in pieces: `std::io::Read`, `BufRead` and `Seek`.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }
}

impl fmt::Debug for File {
    // Not the name: asking for it is noted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("size", &self.size()).finish()
    }
}
