//! Where does randomness come from, really?

use portcullis_core::ports::Entropy;

/// The random source of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the Entropy that everybody else asks")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // SECURITY: going on would make keys and tokens that can be guessed.
            eprintln!("portcullis: the operating system has no randomness: {error}");
            std::process::abort();
        }
    }
}
