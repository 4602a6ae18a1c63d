//! Does the real binary survive what happens to processes?
