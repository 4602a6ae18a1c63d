//! How does a node hear at once that another one has ended a session or changed the keys?
//!
//! The other node says `NOTIFY` after its commit; here a connection of its own listens. It is a courtesy: every node
//! also looks every second, so that nothing depends on a message that may be lost.

use std::sync::Arc;
use std::time::Duration;

use log::LevelFilter;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::connect::connect_options;
use crate::engine::server::password;
use crate::options::PostgresOptions;

/// The channel of all schemas of a database; a message names the schema that it is about.
pub(super) const CHANNEL: &str = "portcullis";
/// How long to wait before listening again after the connection broke.
const PAUSE: Duration = Duration::from_secs(5);

/// What is needed to listen.
pub(crate) struct Listening {
    options: PostgresOptions,
    schema: String,
}

impl Listening {
    /// To what happens in this schema.
    pub(crate) fn new(options: &PostgresOptions, schema: &str) -> Self {
        Self { options: options.clone(), schema: schema.to_owned() }
    }
}

/// Rings whenever there is news; never ends.
pub(crate) async fn listen(listening: Listening, news: Arc<Notify>) {
    for host in listening.options.server.hosts.iter().cycle() {
        let Ok(password) = password::current(&listening.options.server).await else {
            sleep(PAUSE).await;
            continue;
        };
        let pool = PgPoolOptions::new()
            .max_connections(1)
            // How long it took to come back is told by others.
            .acquire_slow_level(LevelFilter::Off)
            .connect_lazy_with(connect_options(&listening.options, host, password.as_ref()));
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            // `None` and errors: the connection broke, and messages may have been missed.
            while let Ok(Some(message)) = listener.try_recv().await {
                if message.payload() == listening.schema {
                    news.notify_one();
                }
            }
            news.notify_one();
        }
        pool.close().await;
        sleep(PAUSE).await;
    }
}
