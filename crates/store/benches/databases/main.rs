//! How much does a database do in a second: for the bare driver, and for the store?
//!
//! `crates/server/benches/run databases` runs it, one process for one database, and says on standard input what to
//! measure next, a line each; the answers are lines of standard output: how many a second, and the 99th percentile in
//! microseconds. So what is compared can be measured in turns.
//!
//! ```text
//! refresh <url>     transaction | statements | store
//! look-ups <url>    <accounts> <tasks> any | active | unknown
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    unreachable_pub,
    reason = "a measurement, not a product"
)]

mod bare;
mod bulk;
mod look_ups;
mod measure;
mod place;
mod refresh;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // As many threads as a server has on a small machine.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match &arguments[..] {
        [work, url] if work == "refresh" => runtime.block_on(refresh::serve(url)),
        [work, url] if work == "look-ups" => runtime.block_on(look_ups::serve(url)),
        _ => println!("this is run by crates/server/benches/run databases"),
    }
}
