//! Does the `.env` file of an older backend start the server as it is, and what is refused about it?

use std::fs;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Api;
use super::deployment::{Deployment, mode_of};

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";
const SECRET: &str = "0Vb7sGqf3mZpR1xK9tYcN5wLhJ2dAeU8oTi4XnQrMzE=";
const OTHER: &str = "Wk3LxPz8RdQvT6mYbN1cHf5JgS9aEuC2oKi7XnVtMyA=";
const PASSWORD: &str = "correct horse battery";

/// The files that the documents of the older backends show.
const BEARER_PAIR: &str = "ACCESS_TOKEN_SECRET=youraccesstokensecret
REFRESH_TOKEN_SECRET=yourrefreshtokensecret
DB_HOST=yourdatabasehost
DB_USER=yourdatabaseuser
DB_PASSWORD=yourdatabasepassword
DB_NAME=yourdatabasename
";
const USERS_COOKIES: &str = "PORT=5000
DB_HOST=localhost
DB_USER=root
DB_PASSWORD=password
DB_NAME=wdc_backend
ACCESS_TOKEN_SECRET=your_access_secret
ACCESS_TOKEN_EXPIRY=1d
REFRESH_TOKEN_SECRET=your_refresh_secret
REFRESH_TOKEN_EXPIRY=7d
";
const API_SESSION: &str = "PORT=8000
DB_FILE=db/dev.db
JWT_SECRET=your_secret_here
JWT_EXPIRES_IN=604800
SCHEMA=your_schema_name_here
";
/// What its source has in place of a file.
const BEARER_SINGLE: &str = "JWT_SECRET=your-secret-key
";
/// The names that its source asks for.
const AUTH_ROUTER: &str = "PORT=3000
ACCESS_TOKEN_SECRET=mysecret
REFRESH_TOKEN_SECRET=mysecret2
";

/// A directory with the `.env` of an older backend. Its database server is not there: ours is SQLite.
fn deployment(dialects: &str, dot_env: &str) -> Deployment {
    let deployment = Deployment::new().with("PORTCULLIS_DIALECTS", dialects);
    fs::write(deployment.directory().join(".env"), dot_env).unwrap();
    if dot_env.contains("DB_HOST") {
        return deployment.with("PORTCULLIS_DATABASE_URL", "sqlite:data/portcullis.db");
    }
    deployment
}

/// The same on the real thing, which needs more than the older backend did.
fn in_production(dialects: &str, dot_env: &str) -> Deployment {
    deployment(dialects, dot_env)
        .with("NODE_ENV", "production")
        .with("HOST", "127.0.0.1")
        .with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY)
}

fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing:\n{text}");
    }
}

/// Whether a token is signed under a secret, as npm `jsonwebtoken` checks it.
fn is_signed_under(token: &str, secret: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok()
}

async fn post(api: &Api, path: &str, body: Value) -> (u16, Value) {
    let answer = api.post(path, None, body).await.unwrap();
    (answer.status, answer.body)
}

async fn status_of_protected(api: &Api, path: &str, token: &str) -> u16 {
    api.get(path, Some(token)).await.unwrap().status
}

/// A user of `bearer-single` at a prefix, logged in.
async fn token_of_single(api: &Api, prefix: &str) -> String {
    let user = json!({ "username": "ada", "password": PASSWORD });
    assert_eq!(post(api, &format!("{prefix}/register"), user.clone()).await.0, 201);
    let (status, body) = post(api, &format!("{prefix}/login"), user).await;
    assert_eq!(status, 200);
    body["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_env_file_of_bearer_pair_starts_and_signs_with_its_secrets() {
    let deployment = deployment("bearer-pair", BEARER_PAIR);
    let server = deployment.start().await;
    let (log, url) = (server.log(), server.public_url());
    let path = deployment.directory().join(".env");
    assert_says(
        &log,
        &[
            &format!("settings  {}", path.display()),
            "dialects  bearer-pair (",
            &format!("curl {url}/register"),
            "ACCESS_TOKEN_SECRET) is no secret",
            "REFRESH_TOKEN_SECRET) is no secret",
        ],
    );
    assert!(!log.contains("youraccesstokensecret") && !log.contains("/v1/register"), "{log}");

    let api = server.api();
    let user = json!({ "username": "ada", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(post(&api, "/register", user.clone()).await.0, 201);
    let (status, tokens) = post(&api, "/login", user).await;
    assert_eq!(status, 200);
    let token = |name: &str| tokens[name].as_str().unwrap();
    assert!(is_signed_under(token("accessToken"), "youraccesstokensecret"));
    assert!(is_signed_under(token("refreshToken"), "yourrefreshtokensecret"));
    assert_eq!(status_of_protected(&api, "/protected", token("accessToken")).await, 200);
}

#[tokio::test]
async fn the_env_file_of_users_cookies_starts() {
    let server = deployment("users-cookies", USERS_COOKIES).start().await;
    assert_says(&server.log(), &["dialects  users-cookies (", "/users/register"]);
    let user = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(post(&server.api(), "/users/register", user).await.0, 201);
}

#[tokio::test]
async fn the_env_file_of_api_session_starts_and_makes_the_directory_of_its_database() {
    let deployment = deployment("api-session", API_SESSION);
    let server = deployment.start().await;
    assert_says(&server.log(), &["database  db/dev.db", "dialects  api-session (", "/api/csrf/restore"]);
    let answer = server.api().get("/api/csrf/restore", None).await.unwrap();
    assert!(answer.expect(200)["XSRF-Token"].is_string());
    assert_eq!(mode_of(&deployment.directory().join("db")), 0o700);
    assert_eq!(mode_of(&deployment.directory().join("db/dev.db")), 0o600);
}

#[tokio::test]
async fn the_env_file_of_auth_router_starts() {
    let server = deployment("auth-router", AUTH_ROUTER).start().await;
    assert_says(&server.log(), &["dialects  auth-router (", "/auth/register"]);
    let user = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    let (status, tokens) = post(&server.api(), "/auth/register", user).await;
    assert_eq!(status, 200);
    assert!(is_signed_under(tokens["accessToken"].as_str().unwrap(), "mysecret"));
}

#[tokio::test]
async fn bearer_single_never_signs_with_the_secret_of_its_source_and_what_it_signs_survives_a_restart() {
    let deployment = deployment("bearer-single", BEARER_SINGLE);
    let mut server = deployment.start().await;
    assert_says(&server.log(), &["JWT_SECRET) is not used by `bearer-single`", "made from the master key"]);
    let token = token_of_single(&server.api(), "").await;
    assert!(!is_signed_under(&token, "your-secret-key"));
    let forged = forged_under(&token, "your-secret-key");
    assert_eq!(status_of_protected(&server.api(), "/protected", &forged).await, 403);
    server.terminate();
    assert!(server.end().await.success());

    let server = deployment.start().await;
    assert_eq!(status_of_protected(&server.api(), "/protected", &token).await, 200);
}

/// The same claims, signed by somebody who has read the document.
fn forged_under(token: &str, secret: &str) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn dialects_that_share_their_paths_are_both_served_when_one_has_a_prefix() {
    let server = deployment("bearer-pair,bearer-single=/single", "").start().await;
    assert_says(
        &server.log(),
        &[
            "dialects  bearer-pair (",
            "bearer-single under /single (",
            &format!("curl {}/single/register", server.public_url()),
        ],
    );
    let api = server.api();
    let token = token_of_single(&api, "/single").await;
    assert_eq!(status_of_protected(&api, "/single/protected", &token).await, 200);
    assert_eq!(status_of_protected(&api, "/protected", &token).await, 403);
    api.newcomer("bob", PASSWORD).await;
}

#[tokio::test]
async fn new_passwords_can_be_read_by_the_older_backend() {
    let deployment = deployment("bearer-single", "")
        .without("PORTCULLIS_PASSWORD_ALGORITHM")
        .without("PORTCULLIS_PASSWORD_BCRYPT_COST");
    let server = deployment.start().await;
    token_of_single(&server.api(), "").await;
    server.api().newcomer("bob", PASSWORD).await;
    let exported = deployment.run(&["export", "--output", "-"]).stdout;
    assert_eq!(exported.matches("$2b$10$").count(), 2, "{exported}");
}

#[tokio::test]
async fn production_starts_with_good_secrets_and_says_what_it_speaks() {
    let dot_env = format!("ACCESS_TOKEN_SECRET={SECRET}\nREFRESH_TOKEN_SECRET={OTHER}\n");
    let deployment = in_production("bearer-pair", &dot_env);
    let server = deployment.start().await;
    let log = server.log();
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ready = events.into_iter().find(|event| event["message"] == "ready").unwrap();
    assert!(ready["dialects"].as_str().unwrap().starts_with("bearer-pair ("), "{ready}");
    assert!(ready["files"].as_str().unwrap().ends_with("/.env"), "{ready}");
    // The hashes of tests are cheap, which production does not like.
    let warnings = log.lines().filter(|line| line.contains("\"WARN\"") && !line.contains("bcrypt_cost"));
    assert_eq!(warnings.count(), 0, "{log}");
    assert!(!log.contains(SECRET) && !log.contains(OTHER), "{log}");
    let user = json!({ "username": "ada", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(post(&server.api(), "/register", user).await.0, 201);
}

#[tokio::test]
async fn production_warns_of_a_meagre_and_of_a_shared_secret() {
    // What `openssl rand -base64 10` gives, as one of the documents advises.
    let dot_env = "ACCESS_TOKEN_SECRET=pT3mfQ9xZb1Wc4==\nREFRESH_TOKEN_SECRET=pT3mfQ9xZb1Wc4==\n";
    let deployment = in_production("bearer-pair", dot_env);
    let server = deployment.start().await;
    assert_says(&server.log(), &["\"WARN\"", "has 16 bytes", "are one secret"]);
    let findings = deployment.run(&["doctor"]).stdout;
    assert_says(
        &findings,
        &["ok    dialects", "warn  secrets", "has 16 bytes", "are one secret", "openssl rand -base64 32"],
    );
    assert!(!findings.contains("pT3mfQ9xZb1Wc4"), "{findings}");
}

#[test]
fn production_refuses_the_secrets_of_every_document_and_says_how_to_make_others() {
    for (dialect, dot_env, keys) in [
        ("bearer-pair", BEARER_PAIR, &["ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET"][..]),
        ("users-cookies", USERS_COOKIES, &["ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET"]),
        ("api-session", API_SESSION, &["JWT_SECRET"]),
        ("bearer-single", BEARER_SINGLE, &["JWT_SECRET"]),
    ] {
        let deployment = in_production(dialect, dot_env);
        let complaint = deployment.refused().complaint(1);
        assert_eq!(complaint.matches("is no secret").count(), keys.len(), "{complaint}");
        assert_says(&complaint, keys);
        assert_says(&complaint, &["openssl rand -base64 32"]);
        for line in dot_env.lines().filter(|line| line.contains("SECRET")) {
            assert!(!complaint.contains(line.split_once('=').unwrap().1), "{complaint}");
        }
        assert!(!deployment.data_dir().exists());
        assert!(!deployment.directory().join("db").exists());
    }
}

#[test]
fn production_refuses_a_missing_and_a_short_secret() {
    let complaint = in_production("auth-router", "REFRESH_TOKEN_SECRET=qX9-tiny\n").refused().complaint(1);
    assert_says(
        &complaint,
        &[
            "ACCESS_TOKEN_SECRET is missing, and `auth-router` needs it",
            "has 8 bytes",
            "openssl rand -base64 32",
        ],
    );
    assert!(!complaint.contains("qX9-tiny"), "{complaint}");
    let complaint = in_production("bearer-single", "").refused().complaint(1);
    assert_says(&complaint, &["JWT_SECRET is missing, and `bearer-single` needs it"]);
}

#[test]
fn what_cannot_be_mounted_is_refused_with_the_way_out() {
    let refused = |dialects: &str| deployment(dialects, "").refused().complaint(1);
    assert_says(&refused("bearer-paar"), &["no dialect `bearer-paar`", "did you mean `bearer-pair`?"]);
    assert_says(&refused("bearer-pair,bearer-pair=/b"), &["has `bearer-pair` twice"]);
    assert_says(&refused("bearer-pair=b"), &["no prefix after `bearer-pair=`"]);
    assert_says(
        &refused("bearer-pair,bearer-single"),
        &[
            "POST /login of bearer-pair and POST /login of bearer-single",
            "PORTCULLIS_DIALECTS=bearer-pair,bearer-single=/single",
        ],
    );
    assert_says(&refused("bearer-single=/v1"), &["POST /v1/register", "of the native API"]);
}

#[test]
fn lifetimes_that_are_none_are_refused_with_the_line_that_they_stand_in() {
    let refused = |expiry: &str| {
        let dot_env = format!("JWT_SECRET={SECRET}\nJWT_EXPIRES_IN={expiry}\n");
        deployment("bearer-single", &dot_env).refused().complaint(1)
    };
    for (expiry, words) in [
        ("never", "is not a duration"),
        ("0", "is too short"),
        ("-1d", "is less than nothing"),
        ("1y", "write 7d at most"),
    ] {
        assert_says(&refused(expiry), &[".env:2 JWT_EXPIRES_IN", words]);
    }
    let unheard = deployment("bearer-pair", "").with("PORTCULLIS_LEGACY_JWT_EXPIRES_IN", "1h");
    assert_says(&unheard.refused().complaint(1), &["PORTCULLIS_LEGACY_JWT_EXPIRES_IN", "has no effect"]);
}

#[test]
fn config_shows_what_was_understood_of_the_env_file_and_from_which_line() {
    let deployment = deployment("users-cookies", USERS_COOKIES).without("PORTCULLIS_PORT");
    let settings = deployment.run(&["config", "--json"]);
    assert!(!settings.stdout.contains("your_access_secret"), "{}", settings.stdout);
    let settings = settings.json();
    let shown = |key: &str| {
        let setting = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap();
        (setting["value"].as_str().unwrap_or("-").to_owned(), setting["source"].as_str().unwrap().to_owned())
    };
    for (key, value, source) in [
        ("dialects", "users-cookies", "environment PORTCULLIS_DIALECTS"),
        ("port", "5000", ".env:1 PORT"),
        ("legacy.access_token_secret", "********", ".env:6 ACCESS_TOKEN_SECRET"),
        ("legacy.access_token_expiry", "1d", ".env:7 ACCESS_TOKEN_EXPIRY"),
        ("legacy.refresh_token_expiry", "7d", ".env:9 REFRESH_TOKEN_EXPIRY"),
        ("legacy.jwt_secret", "-", "default"),
    ] {
        assert_eq!(shown(key), (value.to_owned(), source.to_owned()), "{key}");
    }
}

#[test]
fn a_directory_for_the_database_that_cannot_be_made_is_named() {
    let deployment = deployment("api-session", API_SESSION);
    fs::write(deployment.directory().join("db"), "a file is in the way").unwrap();
    let complaint = deployment.refused().complaint(1);
    assert_says(&complaint, &["directory db of the database", "fix: ", "PORTCULLIS_DATABASE_URL"]);
}

#[tokio::test]
async fn the_database_file_of_the_older_backend_is_shared_with_its_tables() {
    let deployment = deployment("api-session", API_SESSION);
    let file = deployment.directory().join("db/dev.db");
    for _ in 0..2 {
        let mut server = deployment.start().await;
        server.terminate();
        assert!(server.end().await.success());
        // Where SQLite keeps the id of the program that a file belongs to; most programs leave it 0.
        let mut bytes = fs::read(&file).unwrap();
        bytes[68..72].fill(0);
        fs::write(&file, &bytes).unwrap();
    }
    // Named otherwise, it is a mistake.
    let complaint = deployment.with("PORTCULLIS_DATABASE_URL", "sqlite:db/dev.db").refused().complaint(1);
    assert_says(&complaint, &["is the SQLite database of another program", "fix: "]);
}

#[tokio::test]
async fn what_is_mounted_under_a_prefix_leaves_its_bare_paths_to_nobody() {
    let server = deployment("bearer-single=/single", "").start().await;
    let answer = server.api().send(Method::POST, "/login", None, Some(&json!({}))).await.unwrap();
    assert_eq!(answer.status, 404);
}
