//! Do nodes count together in every database as they should?

#![allow(clippy::unwrap_used, clippy::doc_markdown, reason = "tests")]

use std::sync::Arc;

use portcullis_core::ports::ThrottleCounters;
use portcullis_store::RedisCounters;
use portcullis_store::testing::{OwnServer, ServerKind, TestDatabase, TestEngine};

type Opened = (Arc<dyn ThrottleCounters>, TestDatabase);

async fn open(engine: TestEngine) -> Opened {
    let database = TestDatabase::new(engine).await;
    (Arc::new(database.open().await), database)
}

mod sqlite {
    async fn open() -> super::Opened {
        super::open(super::TestEngine::Sqlite).await
    }

    portcullis_core::counters_contract!(open);
}

mod postgres {
    async fn open() -> super::Opened {
        super::open(super::TestEngine::Postgres).await
    }

    portcullis_core::counters_contract!(open);
}

mod mariadb {
    async fn open() -> super::Opened {
        super::open(super::TestEngine::MariaDb).await
    }

    portcullis_core::counters_contract!(open);
}

mod redis {
    use std::time::Duration;

    use portcullis_core::model::Timestamp;
    use portcullis_core::policy::throttle::{Bucket, LimitKind};
    use portcullis_core::ports::throttle::{Counted, Counter, CounterChange, CounterKey, Which};

    use super::{Arc, OwnServer, RedisCounters, ServerKind, ThrottleCounters};

    #[expect(clippy::unused_async, reason = "the others wait for their database")]
    async fn open() -> (Arc<dyn ThrottleCounters>, OwnServer) {
        let server = OwnServer::start(ServerKind::Redis, &[]);
        (Arc::new(RedisCounters::open(server.url()).unwrap()), server)
    }

    portcullis_core::counters_contract!(open);

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    async fn ask(server: &OwnServer, command: &mut redis::Cmd) -> String {
        let client = redis::Client::open(server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let answer: redis::Value = command.query_async(&mut connection).await.unwrap();
        redis::from_redis_value(answer).unwrap_or_default()
    }

    async fn fill(server: &OwnServer, keys: u32) {
        let script = "for number = 1, tonumber(ARGV[1]) do redis.call('SET', 'other:' .. number, 'x') end";
        ask(server, redis::cmd("EVAL").arg(script).arg(0).arg(keys)).await;
    }

    #[tokio::test]
    async fn what_is_of_an_identifier_is_found_without_a_look_at_anything_else() {
        let (counters, server) = open().await;
        let (subject, key) = (CounterKey([1; 16]), CounterKey([2; 16]));
        let counter = Counter {
            counted: Counted::Limit(LimitKind::Pair),
            subject: Some(subject),
            network: None,
            bucket: Bucket::new(NOW),
            expires_at: NOW.plus(Duration::from_mins(1)),
        };
        let change = |key| CounterChange { key, expected: None, new: Some(counter.clone()) };
        counters.replace(&[change(subject), change(key)], NOW).await.unwrap();
        let listed = counters.list(Which::Subject(subject), 10, NOW).await.unwrap();
        assert_eq!(listed.len(), 2);
        // Before there were sets, an identifier had a counter all the same.
        ask(&server, redis::cmd("DEL").arg(format!("portcullis:throttle-of:{}", "01".repeat(16)))).await;
        assert_eq!(counters.list(Which::Subject(subject), 10, NOW).await.unwrap(), [(subject, counter)]);
        let commands = ask(&server, redis::cmd("INFO").arg("commandstats")).await;
        assert!(commands.contains("cmdstat_mget") && !commands.contains("cmdstat_scan"), "{commands}");
    }

    #[tokio::test]
    async fn a_listing_that_did_not_look_at_everything_fails() {
        let (_, server) = open().await;
        fill(&server, 10_000).await;
        let counters = RedisCounters::open(server.url()).unwrap();
        let pairs = Which::Of(Counted::Limit(LimitKind::Pair));
        assert_eq!(counters.list(pairs, 10, NOW).await.unwrap(), []);
        let hasty = counters.listing_at_most(3000);
        let error = hasty.list(pairs, 10, NOW).await.unwrap_err();
        assert!(error.cause.contains("more than 3000 keys"), "{error}");
    }
}
