//! What does the native API answer to good and bad requests?
