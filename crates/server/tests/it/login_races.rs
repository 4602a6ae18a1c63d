//! Do logins of one person at the same moment get in each other's way?

use std::sync::Arc;

use portcullis_core::crypto::password::Scheme;
use portcullis_core::crypto::secret::Password;
use portcullis_core::flows::log_in::LogIn;
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Client, Email, Identifier, Profile};
use portcullis_core::testing::{ManualClock, NOW, SeededEntropy};
use portcullis_every_engine::every_engine;

use crate::{engine, node};

#[every_engine]
async fn a_login_succeeds_while_another_one_upgrades_the_hash_it_is_checked_against() {
    let database = engine::database().await;
    let clock = Arc::new(ManualClock::new(NOW));
    let entropy = Arc::new(SeededEntropy::new(1));
    let old = node::start(&database, &clock, &entropy).await;
    let mut policy = node::cheap_policy();
    policy.password.scheme = Scheme::Bcrypt { cost: 5 };
    let stronger = old.with_policy(policy);
    let nobody = Client::default();
    stronger.take_census().await.unwrap();
    for number in 0..30 {
        let email = Email::parse(&format!("ada-{number}@example.com")).unwrap();
        let password = Password::from("correct horse battery".to_owned());
        let account = Register {
            email: Some(email.clone()),
            username: None,
            password: password.clone(),
            profile: Profile::default(),
            external_id: None,
        };
        old.register(account, &nobody).await.unwrap();

        let attempt = LogIn { identifier: Identifier::Email(email).into(), password };
        let hashed = stronger.hash_gate_metrics().hashed;
        let first = stronger.log_in(attempt.clone(), &nobody);
        let second = async {
            // The better hash is made and about to be stored: the old one is still found.
            while stronger.hash_gate_metrics().hashed == hashed {
                tokio::task::yield_now().await;
            }
            stronger.log_in(attempt.clone(), &nobody).await
        };
        let (first, second) = tokio::join!(first, second);
        first.unwrap();
        second.unwrap();
    }
}
