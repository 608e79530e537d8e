//! Which plugins are taken at all: those that a trusted key has signed, and that nobody else could have put there.
//!
//! A signature is a file `<name>.wasm.minisig` as `minisign` makes it (ed25519), over the bytes of the component. It is
//! checked over the bytes that are compiled afterwards, without any connection.

use std::fmt;
use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};

use crate::error::Error;
use crate::os;

/// Whom and what is trusted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Trust {
    /// Keys whose signatures count. Where there is one, a signature beside a plugin must be right, required or not.
    pub keys: Vec<TrustedKey>,
    /// Only signed plugins are loaded.
    pub require_signature: bool,
    /// Folders and files are taken also when every user of the machine may write to them.
    pub allow_shared: bool,
}

/// A public key of minisign.
#[derive(Clone)]
pub struct TrustedKey {
    text: String,
    key: PublicKey,
}

impl TrustedKey {
    /// Reads a key: the 56 letters and digits that `minisign -G` shows, or the text of the file that it writes
    /// (`minisign.pub`). None when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
        let key = PublicKey::from_base64(line).ok()?;
        Some(Self { text: line.to_owned(), key })
    }
}

impl fmt::Display for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A signature that was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The public key that it fits.
    pub key: String,
    /// What the signer wrote into it (`trusted comment`), which the signature covers.
    pub comment: String,
}

/// Larger than any signature.
pub(crate) const MAX_SIGNATURE_BYTES: u64 = 16 * 1024;

/// Where the signature of this component is.
pub(crate) fn signature_path(component: &Path) -> PathBuf {
    let mut path = component.as_os_str().to_owned();
    path.push(".minisig");
    path.into()
}

impl Trust {
    /// Refuses a folder to which others may write, and so say what reports are made of.
    ///
    /// # Errors
    /// [`Error::OpenToOthers`] says which folder it is and what to do, [`Error::Read`] that it cannot be looked at.
    pub fn check_folder(&self, folder: &Path) -> Result<(), Error> {
        if self.allow_shared {
            return Ok(());
        }
        match os::opening_to_others(folder) {
            Ok(None) => Ok(()),
            Ok(Some((path, what))) => Err(Error::OpenToOthers { path, what: what.to_owned() }),
            Err(source) => Err(Error::Read { path: folder.to_path_buf(), source }),
        }
    }

    /// Checks the signature of a component, where there is one or has to be one: `signature` is what the `.minisig` beside it
    /// holds. Gives what was signed; none when there is no signature, or no key to check it with. `component` is what it is
    /// called in errors.
    ///
    /// # Errors
    /// [`Error::Signature`] says what is wrong with it, or that it is missing.
    pub fn check_signature(
        &self,
        component: &Path,
        bytes: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<Option<Signed>, Error> {
        let wrong = |reason: &str| Error::Signature { path: component.to_path_buf(), reason: reason.to_owned() };
        let signature = match signature {
            Some(signature) if !self.keys.is_empty() => signature,
            // Without a key there is nothing to check with, and so no signature that counts.
            _ if self.require_signature => {
                let name = signature_path(component);
                let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(wrong(&format!(
                    "it is not signed, and only signed plugins are taken here; put {name} beside it"
                )));
            }
            _ => return Ok(None),
        };
        let signature = std::str::from_utf8(signature).ok().and_then(|text| Signature::decode(text).ok());
        let Some(signature) = signature else {
            return Err(wrong("its .minisig is no signature of minisign; sign it again"));
        };
        for key in &self.keys {
            // Signatures over the bytes themselves, as old versions of minisign made them, say as much as those over a hash.
            match key.key.verify(bytes, &signature, true) {
                Ok(()) => {
                    return Ok(Some(Signed {
                        key: key.text.clone(),
                        comment: signature.trusted_comment().trim().to_owned(),
                    }));
                }
                Err(minisign_verify::Error::UnexpectedKeyId) => {}
                Err(_) => {
                    return Err(wrong(
                        "its signature does not fit: the signature is of another file, or one of the two was changed; \
                         put both there as they were published",
                    ));
                }
            }
        }
        Err(wrong("it is signed by a key that is not among the trusted ones; see plugins.trusted_keys"))
    }
}
