//! How do nodes count wrong passwords together in Redis or Valkey?
//!
//! A counter is the bytes of the core under `portcullis:throttle:<key>`, and expires there by itself. What several keys
//! hold is replaced by one script, which Redis runs without anybody in between.
//!
//! The names of those that belong to an identifier stand in a sorted set, `portcullis:throttle-of:<key>`, by when they
//! expire: what weighs on an identifier is found without a look at anything else.
//!
//! One server, or one primary with replicas behind a name that follows it. A cluster that spreads keys over several
//! servers cannot replace several keys at once, and is refused by its own error at the first try.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use portcullis_core::model::Timestamp;
use portcullis_core::ports::throttle::{
    Counter, CounterChange, CounterKey, CountersError, Replaced, ThrottleCounters, Which,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionAddr, RedisError, Script};

const PREFIX: &str = "portcullis:throttle:";
const PREFIX_OF_SUBJECT: &str = "portcullis:throttle-of:";
/// How many keys a step of a listing looks at.
const LISTED_AT_ONCE: usize = 1000;
/// How many keys a listing looks at in all; where there are more it fails.
const LISTED_AT_MOST: usize = 1_000_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// First the time. Then of each key: what it must be, what it becomes, for how many milliseconds, and the set of its
/// identifier. An empty text is absent, and so is what has expired by the clock of whoever asks: it stands in the bytes
/// 5 to 12 of a counter.
const REPLACE: &str = "
local now = tonumber(ARGV[1])
local function alive(bytes)
  if not bytes or #bytes < 12 then return '' end
  local expires_at = 0
  for place = 5, 12 do expires_at = expires_at * 256 + bytes:byte(place) end
  return expires_at > now and bytes or ''
end
for place, key in ipairs(KEYS) do
  if alive(redis.call('GET', key)) ~= ARGV[4 * place - 2] then return 0 end
end
for place, key in ipairs(KEYS) do
  local new, lives, set = ARGV[4 * place - 1], tonumber(ARGV[4 * place]), ARGV[4 * place + 1]
  if new == '' then
    redis.call('DEL', key)
    if set ~= '' then redis.call('ZREM', set, key) end
  else
    redis.call('SET', key, new, 'PX', lives)
    if set ~= '' then
      redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
      redis.call('ZADD', set, now + lives, key)
      if redis.call('PTTL', set) < lives then redis.call('PEXPIRE', set, lives) end
    end
  end
end
return 1
";

/// The counters in a Redis or Valkey. Cheap to clone.
#[derive(Clone)]
pub struct RedisCounters {
    connection: ConnectionManager,
    replace: Arc<Script>,
    listed_at_most: usize,
}

/// A text that is no URL of a Redis. Does not show it: there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RedisUrlError(String);

impl RedisCounters {
    /// Checks a URL: `redis://` or, with TLS, `rediss://`, with user, password and number of the database in it.
    ///
    /// # Errors
    /// [`RedisUrlError`], in words of the driver.
    pub fn check_url(url: &str) -> Result<(), RedisUrlError> {
        Client::open(url).map(drop).map_err(|error| RedisUrlError(words_of(&error)))
    }

    /// The host that a URL leads to in plain text, an IPv6 address without brackets. `None` with TLS, for a socket of this
    /// machine, and for what is no URL of a Redis.
    pub fn plain_host(url: &str) -> Option<String> {
        match Client::open(url).ok()?.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, _) => Some(host.clone()),
            _ => None,
        }
    }

    /// Makes the counters, without a connection: that is made at the first question, and again whenever it is lost. To
    /// be called inside a runtime.
    ///
    /// # Errors
    /// [`RedisUrlError`].
    pub fn open(url: &str) -> Result<Self, RedisUrlError> {
        let refused = |error: RedisError| RedisUrlError(words_of(&error));
        let client = Client::open(url).map_err(refused)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100))
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(refused)?;
        let replace = Arc::new(Script::new(REPLACE));
        Ok(Self { connection, replace, listed_at_most: LISTED_AT_MOST })
    }

    /// The same, where a listing of what is not of one identifier looks at so many keys at most, and fails where there are
    /// more. A million, if nothing is said.
    #[must_use]
    pub fn listing_at_most(self, keys: usize) -> Self {
        Self { listed_at_most: keys, ..self }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// [`CountersError`], with what is wrong.
    pub async fn ping(&self) -> Result<(), CountersError> {
        let mut connection = self.connection.clone();
        let pong: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
        pong.map(drop).map_err(|error| away(&error))
    }

    async fn mget(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, CountersError> {
        let mut connection = self.connection.clone();
        redis::cmd("MGET").arg(names).query_async(&mut connection).await.map_err(|error| away(&error))
    }

    /// What is kept under these names, as far as it is asked for.
    async fn take(
        &self,
        names: &[String],
        which: Which,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.mget(names).await?;
        let read = names.iter().zip(found).filter_map(|(name, bytes)| {
            Some((key_of(name)?, alive(&bytes?, now).filter(|counter| which.takes(counter))?))
        });
        Ok(read.collect())
    }

    async fn list_of_subject(
        &self,
        subject: CounterKey,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        let mut connection = self.connection.clone();
        let mut range = redis::cmd("ZREVRANGEBYSCORE");
        range.arg(set_of(subject)).arg("+inf").arg(now.as_millis()).arg("LIMIT").arg(0).arg(most);
        let mut names: Vec<String> =
            range.query_async(&mut connection).await.map_err(|error| away(&error))?;
        // It may have been counted by a version that kept no sets.
        let own = name_of(subject);
        if !names.contains(&own) {
            names.insert(0, own);
        }
        let mut listed = Vec::new();
        for names in names.chunks(LISTED_AT_ONCE) {
            listed.extend(self.take(names, Which::Subject(subject), now).await?);
        }
        listed.truncate(most);
        Ok(listed)
    }
}

impl fmt::Debug for RedisCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisCounters(..)")
    }
}

#[async_trait]
impl ThrottleCounters for RedisCounters {
    async fn load(&self, keys: &[CounterKey], now: Timestamp) -> Result<Vec<Option<Counter>>, CountersError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = keys.iter().map(|key| name_of(*key)).collect();
        let found = self.mget(&names).await?;
        Ok(found.into_iter().map(|bytes| alive(&bytes?, now)).collect())
    }

    async fn replace(&self, changes: &[CounterChange], now: Timestamp) -> Result<Replaced, CountersError> {
        if changes.is_empty() {
            return Ok(Replaced::All);
        }
        let mut invocation = self.replace.prepare_invoke();
        invocation.arg(now.as_millis());
        for CounterChange { key, expected, new } in changes {
            let bytes =
                |counter: &Option<Counter>| counter.as_ref().map(Counter::to_bytes).unwrap_or_default();
            let lives = new.as_ref().map_or(Duration::ZERO, |counter| counter.expires_at.since(now));
            let lives_ms = u64::try_from(lives.as_millis()).unwrap_or(u64::MAX).max(1);
            let subject = new.as_ref().or(expected.as_ref()).and_then(|counter| counter.subject);
            let set = subject.map(set_of).unwrap_or_default();
            invocation.key(name_of(*key)).arg(bytes(expected)).arg(bytes(new)).arg(lives_ms).arg(set);
        }
        let mut connection = self.connection.clone();
        let done: u8 = invocation.invoke_async(&mut connection).await.map_err(|error| away(&error))?;
        Ok(if done == 1 { Replaced::All } else { Replaced::Nothing })
    }

    async fn list(
        &self,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(CounterKey, Counter)>, CountersError> {
        if let Which::Subject(subject) = which {
            return self.list_of_subject(subject, most, now).await;
        }
        let mut connection = self.connection.clone();
        let (mut listed, mut cursor, mut looked_at) = (Vec::new(), 0_u64, 0);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("{PREFIX}*")).arg("COUNT").arg(LISTED_AT_ONCE);
            let (next, names): (u64, Vec<String>) =
                scan.query_async(&mut connection).await.map_err(|error| away(&error))?;
            // A scan may name a key twice.
            for (key, counter) in self.take(&names, which, now).await? {
                if listed.len() < most && listed.iter().all(|(other, _)| *other != key) {
                    listed.push((key, counter));
                }
            }
            if next == 0 || listed.len() >= most {
                return Ok(listed);
            }
            looked_at += LISTED_AT_ONCE;
            if looked_at >= self.listed_at_most {
                let cause = format!("there are more than {} keys to look through", self.listed_at_most);
                return Err(CountersError { cause });
            }
            cursor = next;
        }
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, CountersError> {
        Ok(0)
    }
}

fn name_of(key: CounterKey) -> String {
    format!("{PREFIX}{}", hex::encode(key.0))
}

fn set_of(subject: CounterKey) -> String {
    format!("{PREFIX_OF_SUBJECT}{}", hex::encode(subject.0))
}

fn key_of(name: &str) -> Option<CounterKey> {
    let mut key = [0; 16];
    hex::decode_to_slice(name.strip_prefix(PREFIX)?, &mut key).ok()?;
    Some(CounterKey(key))
}

fn alive(bytes: &[u8], now: Timestamp) -> Option<Counter> {
    Counter::from_bytes(bytes).filter(|counter| counter.expires_at > now)
}

fn away(error: &RedisError) -> CountersError {
    CountersError { cause: words_of(error) }
}

/// SECURITY: an error of a URL may cite it, with its password.
fn words_of(error: &RedisError) -> String {
    match error.kind() {
        redis::ErrorKind::InvalidClientConfig => {
            "it is not like redis://user:password@host:6379/0 (rediss:// with TLS)".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_redis_is_taken_and_nothing_of_a_bad_one_is_shown() {
        for url in ["redis://127.0.0.1", "redis://user:pass@host:6380/2", "rediss://host", "valkey://host"] {
            assert_eq!(RedisCounters::check_url(url), Ok(()), "{url}");
        }
        for url in ["", "host:6379", "http://secret@host", "redis://:secret@host/notanumber"] {
            let error = RedisCounters::check_url(url).map_err(|error| error.to_string());
            assert!(
                error.is_err_and(|error| !error.contains("secret") && error.contains("redis://")),
                "{url}"
            );
        }
    }

    #[test]
    fn the_host_of_plain_text_is_the_one_that_is_connected_to() {
        for (url, host) in [
            ("redis://me:a@host:6380/2", Some("host")),
            ("VALKEY://[::1]:6379", Some("::1")),
            ("redis://one?@two", Some("one")),
            ("rediss://host", None),
            ("redis+unix:///run/redis.sock", None),
            ("host", None),
        ] {
            assert_eq!(RedisCounters::plain_host(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn a_key_is_found_again_by_its_name() {
        let key = CounterKey([0xab; 16]);
        assert_eq!(key_of(&name_of(key)), Some(key));
        assert_eq!(key_of("portcullis:throttle:ab"), None);
        assert_eq!(key_of("somebody else's"), None);
    }
}
