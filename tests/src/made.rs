//! Plugins that tests make: versions of one guest, and signatures. The tests of the plugin host use this file, too.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is a test: what goes wrong here must end it")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{Ed25519KeyPair, KeyPair as _},
};

/// A version of the guest `versions`: the text in its component that it reads its name, number, wishes and faults from is
/// replaced.
///
/// # Panics
/// When it is another component.
pub fn version(component: &[u8], name: &str, number: &str, asks: &str, does: &str) -> Vec<u8> {
    const SAYS: &[u8] = b"this test guest says: ";
    let mut component = component.to_vec();
    let text = format!("{:<96}", format!("this test guest says: {name} {number} {asks} {does}"));
    let at = component.windows(SAYS.len()).position(|window| window == SAYS).unwrap();
    component[at..at + 96].copy_from_slice(text.as_bytes());
    component
}

/// The same component with other bytes: a section that nobody reads, with a number in it. What is compiled of one is not found
/// in the cache for another.
pub fn another_build(component: &[u8], number: u32) -> Vec<u8> {
    let mut component = component.to_vec();
    // A custom section: its id, its length, the length of its name, its name, what is in it.
    component.extend([0, 10, 5]);
    component.extend(b"build");
    component.extend(number.to_le_bytes());
    component
}

/// Somebody who signs as `minisign` does: over the bytes themselves, its older form (`-l`).
#[derive(Debug)]
pub struct Signer {
    id: [u8; 8],
    key: Ed25519KeyPair,
}

impl Default for Signer {
    /// With a key of its own.
    fn default() -> Self {
        let random = SystemRandom::new();
        let mut id = [0; 8];
        random.fill(&mut id).unwrap();
        let key = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Self { id, key: Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap() }
    }
}

impl Signer {
    /// The public key, as it stands in a configuration.
    pub fn public_key(&self) -> String {
        STANDARD.encode([b"Ed".as_slice(), &self.id, self.key.public_key().as_ref()].concat())
    }

    /// The text of a `.minisig`.
    pub fn sign(&self, bytes: &[u8], comment: &str) -> String {
        let signature = self.key.sign(bytes);
        let whole = self.key.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        format!(
            "untrusted comment: of a test\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode([b"Ed".as_slice(), &self.id, signature.as_ref()].concat()),
            STANDARD.encode(whole)
        )
    }
}
