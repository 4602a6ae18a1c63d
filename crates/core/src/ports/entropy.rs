//! Where do unpredictable bytes come from?

/// A source of bytes that nobody can predict.
pub trait Entropy: Send + Sync + 'static {
    /// Fills all of `bytes`. There is no error: a machine without randomness must not go on.
    fn fill(&self, bytes: &mut [u8]);
}
