//! What becomes of wrong passwords, and where are they counted?

use portcullis_core::policy::ThrottlePolicy;
use portcullis_core::policy::throttle::Budget;
use portcullis_store::DatabaseOptions;

use super::super::keys;
use super::super::resolve::Resolver;
use super::super::value::{Count, CounterPlace, RedisUrl};

/// What becomes of wrong passwords.
#[derive(Debug, Clone)]
pub(crate) struct ThrottleSettings {
    /// How many are borne; any number where there is no policy.
    pub(crate) policy: Option<ThrottlePolicy>,
    /// Where they are counted.
    pub(crate) counters: CounterSettings,
}

/// Where they are counted.
#[derive(Debug, Clone)]
pub(crate) enum CounterSettings {
    /// By each node in its memory.
    Memory,
    /// By all nodes in the database.
    Database,
    /// By all nodes there.
    Redis(RedisUrl),
}

/// How many more a network may fail than an address in it.
const ADDRESSES_A_NETWORK: u32 = 3;
/// Registrations of one address in an hour in production, where nothing is written.
const REGISTRATIONS_AN_HOUR: usize = 60;

pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    is_production: bool,
    database: &DatabaseOptions,
) -> Option<ThrottleSettings> {
    let defaults = ThrottlePolicy::default();
    let tries_an_address = resolver.get(&keys::THROTTLE_TRIES_PER_ADDRESS)?.get();
    let registrations = if is_production { REGISTRATIONS_AN_HOUR } else { 0 };
    let registrations =
        resolver.get_or(&keys::THROTTLE_REGISTRATIONS_PER_HOUR, || Count::clamped(registrations)).get();
    let policy = ThrottlePolicy {
        pair: ThrottlePolicy::pair_of(resolver.get(&keys::THROTTLE_TRIES)?.get()),
        address: Budget { burst: tries_an_address, ..defaults.address },
        network: Budget { burst: tries_an_address.saturating_mul(ADDRESSES_A_NETWORK), ..defaults.network },
        node: ThrottlePolicy::node_of(resolver.get(&keys::THROTTLE_FAILURES_PER_MINUTE)?.get()),
        registrations: (registrations > 0).then(|| ThrottlePolicy::registrations_of(registrations)),
        longest_delay: resolver.get(&keys::THROTTLE_LONGEST_DELAY)?.get(),
        ..defaults
    };
    let is_enabled = resolver.get(&keys::THROTTLE_ENABLED)?.0;
    let counters = counters(resolver, database);
    Some(ThrottleSettings { policy: is_enabled.then_some(policy), counters })
}

fn counters(resolver: &mut Resolver<'_>, database: &DatabaseOptions) -> CounterSettings {
    let usual = || match database {
        DatabaseOptions::Sqlite(_) => CounterPlace::Memory,
        DatabaseOptions::Postgres(_) | DatabaseOptions::MySql(_) => CounterPlace::Database,
    };
    let (place_key, url_key) = (&keys::THROTTLE_COUNTERS.declared, &keys::THROTTLE_REDIS_URL.declared);
    let url = resolver.find(&keys::THROTTLE_REDIS_URL);
    match (resolver.get_or(&keys::THROTTLE_COUNTERS, usual), url) {
        (CounterPlace::Redis, Some(url)) => {
            if url.is_open_to_the_network() {
                let what = format!("{} goes over the network in plain text", resolver.cite(url_key));
                let advice =
                    "use rediss:// unless nobody else is on that network: whoever listens gets the password";
                resolver.warn("redis", what, advice);
            }
            return CounterSettings::Redis(url);
        }
        (CounterPlace::Redis, None) => {
            let what = format!("{} needs `{}`, which is missing", resolver.cite(place_key), url_key.name);
            resolver.forbid(&[url_key], what, "set PORTCULLIS_THROTTLE_REDIS_URL, or count in the database");
        }
        (CounterPlace::Memory | CounterPlace::Database, Some(_)) => {
            let what = format!("{} is written, and nothing is counted there", resolver.cite(url_key));
            resolver.forbid(
                &[url_key, place_key],
                what,
                "set PORTCULLIS_THROTTLE_COUNTERS=redis, or remove the URL",
            );
        }
        (CounterPlace::Database, None) => return CounterSettings::Database,
        (CounterPlace::Memory, None) => {}
    }
    CounterSettings::Memory
}
