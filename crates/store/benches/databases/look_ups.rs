//! What does it cost to find the account of a login, among few accounts and among many?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_core::model::{Email, Identifier};
use portcullis_core::ports::Store;
use portcullis_core::testing::NOW;
use portcullis_store::SqlStore;

use super::bulk;
use super::measure::{Figures, answer, measure};
use super::place::Place;

/// So many accounts there are.
const SIZES: [u32; 2] = [1_000, 1_000_000];
/// So many of them log in again and again.
const ACTIVE: u32 = 1_000;

/// Fills a database for each size, and measures what it is told to.
pub async fn serve(url: &str) {
    let mut stores = BTreeMap::new();
    for accounts in SIZES {
        let place = Place::part(url, &format!("bench_{accounts}")).await;
        let store = SqlStore::open(&place.options()).await.unwrap();
        store.migrate(NOW).await.unwrap();
        bulk::accounts(&place.driver().await, accounts).await;
        stores.insert(accounts, Arc::new(store));
    }
    answer(async |command| figures(&stores, command).await).await;
    for store in stores.into_values() {
        store.close().await;
    }
}

async fn figures(stores: &BTreeMap<u32, Arc<SqlStore>>, command: &str) -> Figures {
    let words: Vec<&str> = command.split(' ').collect();
    let [accounts, tasks, whom] = words[..] else { panic!("{command} is no command") };
    let accounts: u32 = accounts.parse().unwrap();
    let store = Arc::clone(&stores[&accounts]);
    // Out of how many, from which number on. Those after the last account are nobody's.
    let (first, among) = match whom {
        "any" => (1, accounts),
        "active" => (1, ACTIVE),
        "unknown" => (1 + accounts, accounts),
        _ => panic!("{command} is no command"),
    };
    // They are everywhere in the tables.
    let distance = accounts / among;
    let turn = Arc::new(AtomicU32::new(0));
    let find = move |_task| {
        let (store, turn) = (Arc::clone(&store), turn.fetch_add(1, Ordering::Relaxed));
        async move {
            // A prime stride: those that are asked for one after the other are not neighbours.
            let number =
                first + u32::try_from(u64::from(turn) * 611_953 % u64::from(among)).unwrap() * distance;
            let identifier = Identifier::Email(Email::parse(&bulk::email(number)).unwrap());
            let found = store.find_account_by_identifier(&identifier).await.unwrap();
            assert_eq!(found.is_some(), first == 1);
        }
    };
    measure(tasks.parse().unwrap(), find).await
}
