//! Promises that can be broken on purpose, for tests that show that they would notice. In no build that is shipped.

/// Which promises are broken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Broken {
    /// Those of the queue.
    pub queue: wats_queue::Broken,
    /// An answer of 5xx is taken for a receipt.
    pub receipt_from_5xx: bool,
    /// Each conversion gives its reports other ids.
    pub fresh_ids: bool,
}
