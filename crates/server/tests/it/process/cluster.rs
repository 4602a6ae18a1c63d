//! Do three nodes on a Galera cluster of three keep every promise while nodes of both kinds fail?
//!
//! Every test has a cluster of its own, which takes some ten seconds to begin.
//!
//! - `site`: the cluster, and nodes of ours before it.
//! - all else: the tests, by what they are about.

mod site;

mod failing_nodes;
mod together;
