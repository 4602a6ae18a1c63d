//! What does the core need from the world?

pub mod clock;
pub mod entropy;
pub mod store;

pub use clock::Clock;
pub use entropy::Entropy;
pub use store::{Store, StoreError};
