//! Does the place answer where wrong passwords are counted? That the database does is looked at with the database.

use portcullis_store::RedisCounters;

use super::Finding;
use crate::config::Settings;
use crate::config::meant::CounterSettings;

pub(super) async fn examine(settings: &Settings) -> Option<Finding> {
    settings.throttle.policy.as_ref()?;
    let CounterSettings::Redis(url) = &settings.throttle.counters else { return None };
    let answer = match RedisCounters::open(url.expose()) {
        Ok(redis) => redis.ping().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Some(match answer {
        Ok(()) => Finding::ok("counters", "the Redis of wrong passwords answers"),
        Err(cause) => Finding::warn(
            "counters",
            format!("the Redis does not answer: {cause}"),
            "logins go on, and each node counts wrong passwords by itself; see whether it runs and \
             PORTCULLIS_THROTTLE_REDIS_URL is right",
        ),
    })
}
