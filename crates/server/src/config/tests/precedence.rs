//! Which source wins.

use std::time::Duration;

use insta::assert_snapshot;
use portcullis_core::crypto::password::Scheme;
use portcullis_core::verifier::Algorithm;

use super::super::value::{Environment, LogFormat, Origins};
use super::{Place, sqlite_path};
use crate::config::meant::MasterKeySource;

#[test]
fn nothing_has_to_be_written_in_development() {
    let settings = Place::new().settings();
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(settings.public_url.as_str(), "http://localhost:3000");
    assert_eq!(settings.token.issuer, "http://localhost:3000");
    assert_eq!(settings.token.algorithm, Algorithm::EdDsa);
    assert_eq!(sqlite_path(&settings), "./data/portcullis.db");
    assert!(
        matches!(&settings.master_key, MasterKeySource::FileOrNew(path) if path.ends_with("data/master.key"))
    );
    assert_eq!(settings.cors_origins, Origins::Any);
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.session.access, Duration::from_mins(15));
    let scheme = Scheme::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    assert_eq!(settings.password.scheme, scheme);
}

#[test]
fn production_listens_everywhere_and_logs_json_and_lets_no_web_site_call() {
    let settings = Place::new().in_production().settings();
    assert!(settings.is_production());
    assert_eq!(settings.listen.to_string(), "0.0.0.0:3000");
    assert_eq!(settings.token.issuer, "https://auth.example.com");
    assert!(matches!(settings.master_key, MasterKeySource::Given(_)));
    assert_eq!(settings.cors_origins, Origins::Listed(Vec::new()));
    assert_eq!(settings.log.format, LogFormat::Json);
}

#[test]
fn each_source_wins_over_the_one_before() {
    let place = Place::new().toml("port = 4001");
    assert_eq!(place.settings().listen.port(), 4001);
    let place = Place::new().toml("port = 4001").dot_env("PORT=4002");
    assert_eq!(place.settings().listen.port(), 4002);
    let place = Place::new().toml("port = 4001").dot_env("PORT=4002").variable("PORT", "4003");
    assert_eq!(place.settings().listen.port(), 4003);
    let place = Place::new().dot_env("PORTCULLIS_PORT=4002").variable("PORT", "4003").flag_port("4004");
    assert_eq!(place.settings().listen.port(), 4004);
}

#[test]
fn our_own_name_wins_over_an_old_one_in_the_same_source() {
    let place = Place::new().variable("PORTCULLIS_PORT", "4001").variable("PORT", "4002");
    assert_eq!(place.settings().listen.port(), 4001);
}

#[test]
fn an_old_dot_env_file_is_understood() {
    let text = "APP_NAME=My App\nNODE_ENV=test\nPORT=5000\nDB_FILE=old.db\nJWT_EXPIRES_IN=1h\n";
    let settings = Place::new().dot_env(text).settings();
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.listen.port(), 5000);
    assert_eq!(sqlite_path(&settings), "old.db");
}

#[test]
fn a_word_for_the_environment_that_express_does_not_know_is_development_with_a_warning() {
    for word in ["", "development", "test"] {
        assert_eq!(Place::new().variable("NODE_ENV", word).settings().warnings, [], "{word}");
    }
    let place = Place::new().in_production().variable("NODE_ENV", "prod");
    assert_eq!(place.settings().warnings, []);
    assert_snapshot!(Place::new().dot_env("NODE_ENV=prodution").warnings(), @r"
    environment: `env` = `development`, written `prodution` (.env:1 NODE_ENV): every word but `production` means development, as in Express apps that compare with it
      write `production` in place of `prodution` on the real thing, else `development` or `test`
    ");
    assert_eq!(Place::new().variable("NODE_ENV", "Production").settings().warnings.len(), 1);
    let place = Place::new().variable("NODE_ENV", "prod").variable("PORTCULLIS_ENV", "development");
    assert_eq!(place.settings().warnings, []);
}

#[test]
fn an_empty_variable_says_nothing() {
    let place = Place::new().toml("port = 4001").variable("PORTCULLIS_PORT", "").variable("PORT", " ");
    assert_eq!(place.settings().listen.port(), 4001);
}

#[test]
fn what_kubernetes_says_about_a_service_of_our_name_is_not_ours() {
    let place = Place::new()
        .variable("PORTCULLIS_PORT", "tcp://10.0.0.7:3000")
        .variable("PORTCULLIS_PORT_3000_TCP_ADDR", "10.0.0.7")
        .variable("PORTCULLIS_SERVICE_HOST", "10.0.0.7")
        .variable("PORTCULLIS_SERVICE_PORT_HTTP", "3000")
        .variable("PORTCULLIS_DATABASE_PORT", "tcp://10.0.0.8:3306")
        .variable("PORTCULLIS_DATABASE_PORT_3306_TCP_PORT", "3306")
        .variable("PORTCULLIS_DATABASE_SERVICE_HOST", "10.0.0.8")
        .variable("DB_PORT", "tcp://10.0.0.9:3306");
    assert_eq!(place.settings().listen.to_string(), "127.0.0.1:3000");
}

#[test]
fn lists_are_arrays_in_toml_and_commas_in_variables() {
    let place = Place::new().toml("trusted_proxies = ['10.0.0.0/8', '::1']");
    assert_eq!(place.settings().trusted_proxies.len(), 2);
    let place = Place::new().variable("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8, ::1");
    assert_eq!(place.settings().trusted_proxies.len(), 2);
    let place = Place::new().toml("[cors]\norigins = []");
    assert_eq!(place.settings().cors_origins, Origins::Listed(Vec::new()));
}

#[test]
fn another_file_can_be_named_by_flag_variable_or_dot_env() {
    let other = |place: Place| place.file("other.toml", "port = 4001").settings().listen.port();
    assert_eq!(other(Place::new().config_file("other.toml")), 4001);
    assert_eq!(other(Place::new().variable("PORTCULLIS_CONFIG", "other.toml")), 4001);
    assert_eq!(other(Place::new().dot_env("PORTCULLIS_CONFIG=other.toml")), 4001);
}

#[test]
fn production_uses_the_key_file_of_the_data_directory_when_it_is_there() {
    let place = Place::new().file("master.key", "");
    let data_dir = place.directory.path().to_str().unwrap().to_owned();
    let settings = place
        .variable("PORTCULLIS_DATA_DIR", &data_dir)
        .variable("NODE_ENV", "production")
        .variable("PORTCULLIS_HOST", "127.0.0.1")
        .variable("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .settings();
    assert!(matches!(settings.master_key, MasterKeySource::File(path) if path.ends_with("master.key")));
}

#[test]
fn bcrypt_can_be_chosen_with_its_cost() {
    let place = Place::new().toml("[password]\nalgorithm = 'bcrypt'\nbcrypt_cost = 12");
    assert_eq!(place.settings().password.scheme, Scheme::Bcrypt { cost: 12 });
}
