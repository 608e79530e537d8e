//! Which report is which.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Report;

/// Derives a report's id from what stays the same when its source is converted again, so that the server overwrites the
/// report instead of keeping two.
///
/// It is the UUIDv5 with `station` as the name space, of these bytes: the length of `source_identity` as 8 bytes, most
/// significant first; `source_identity`; `key` in UTF-8. The length makes it impossible that two different pairs give the
/// same bytes.
pub fn derive_id(station: Uuid, source_identity: &[u8], key: &str) -> Uuid {
    let mut name = Vec::with_capacity(8 + source_identity.len() + key.len());
    name.extend_from_slice(&(source_identity.len() as u64).to_be_bytes());
    name.extend_from_slice(source_identity);
    name.extend_from_slice(key.as_bytes());
    Uuid::new_v5(&station, &name)
}

impl Report {
    /// SHA-256 of what [`Report::to_wsjf`] writes without the id: equal for reports that say the same.
    pub fn content_digest(&self) -> [u8; 32] {
        Sha256::digest(self.content_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_stable_and_its_parts_cannot_run_into_each_other() {
        let station = Uuid::from_u128(7);
        assert_eq!(derive_id(station, b"ab", "c").to_string(), "e29d6986-c53d-5246-9d55-d43b1daedac1");
        assert_ne!(derive_id(station, b"ab", "c"), derive_id(station, b"a", "bc"));
        assert_ne!(derive_id(station, b"ab", "c"), derive_id(Uuid::from_u128(8), b"ab", "c"));
    }
}
