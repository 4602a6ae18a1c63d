//! Do the libraries of older backends and this server read each other's tokens and hashes?
//!
//! npm `jsonwebtoken` 8 and 9, `bcryptjs` 2 and 3, and `bcrypt`, as `tests/peers/install` puts them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use portcullis_core::crypto::Password;
use portcullis_core::crypto::password::{
    BcryptKernel, Computation, Computed, Scheme, Scratch, StoredHash, compute,
};
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::server::{ACCESS_SECRET, REFRESH_SECRET, Server};

const SIGNERS: [&str; 2] = ["jsonwebtoken", "jsonwebtoken8"];
const HASHERS: [&str; 3] = ["bcryptjs2", "bcryptjs3", "bcrypt"];

/// Lengths and characters at which libraries could disagree.
fn passwords() -> Vec<String> {
    let texts = ["correct horse battery", "pässwörd 東京 🎉", " leading and trailing ", "tab\tand\u{7f}"];
    let lengths = [1, 55, 56, 71, 72].map(|length| "x".repeat(length));
    texts.map(str::to_owned).into_iter().chain(lengths).collect()
}

/// Computed together, as a worker of the hash gate does it under load.
fn together(batch: &[Computation]) -> Vec<Computed> {
    compute(batch, BcryptKernel::Interleaved, &mut Scratch::default())
}

/// What a script of `tests/peers/interop` answers to each of these questions.
fn ask(script: &str, questions: &[Value]) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
    assert!(folder.join("node_modules").is_dir(), "run tests/peers/install, or ./test");
    let mut node = Command::new("node")
        .arg(folder.join("interop").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs: tests/peers/install installs it");
    node.stdin.take().unwrap().write_all(json!(questions).to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

#[test]
fn hashes_of_the_npm_libraries_are_checked_here() {
    let mut questions = Vec::new();
    for library in HASHERS {
        for text in passwords() {
            questions.push(json!({ "library": library, "do": "hash", "password": text, "cost": 4 }));
        }
    }
    for (question, answer) in questions.iter().zip(ask("bcrypt.js", &questions)) {
        let (hash, text) = (answer["hash"].as_str().unwrap(), question["password"].as_str().unwrap());
        let stored = StoredHash::parse(hash).unwrap();
        assert!(stored.verify(&password(text), &mut Scratch::default()), "{question} {hash}");
        assert!(!stored.verify(&password("another"), &mut Scratch::default()), "{question} {hash}");
        let batch =
            ["another", text, "another"].map(|guess| Computation::verification(&stored, &password(guess)));
        let fits = together(&batch).into_iter().map(|computed| matches!(computed, Computed::Verified(true)));
        assert_eq!(fits.collect::<Vec<_>>(), [false, true, false], "{question} {hash}");
    }
}

#[test]
fn hashes_made_here_are_checked_by_the_npm_libraries() {
    let mut questions = Vec::new();
    let hashing = |(at, text): (usize, &String)| {
        let salt = [u8::try_from(at).unwrap().wrapping_mul(31); 16];
        Computation::hashing(Scheme::Bcrypt { cost: 4 }, &password(text), salt).unwrap()
    };
    let texts = passwords();
    let batch: Vec<Computation> = texts.iter().enumerate().map(hashing).collect();
    for (text, computed) in texts.iter().zip(together(&batch)) {
        let Computed::Hashed(hash) = computed else { panic!("{text:?} was to be hashed") };
        for library in HASHERS {
            for (guess, fits) in [(text.as_str(), true), ("another", false)] {
                let question =
                    json!({ "library": library, "do": "compare", "password": guess, "hash": hash.as_str() });
                questions.push((question, fits));
            }
        }
    }
    let asked: Vec<Value> = questions.iter().map(|(question, _)| question.clone()).collect();
    for ((question, fits), answer) in questions.iter().zip(ask("bcrypt.js", &asked)) {
        assert_eq!(answer["matches"], json!(fits), "{question}");
    }
}

/// A login at the dialect: its tokens of either kind.
async fn tokens(server: &Server) -> (String, String) {
    let new = json!({ "username": "ada", "email": "ada@example.com", "password": "correct horse battery" });
    server.post("/register", &new).await;
    let answer = server.post("/login", &new).await;
    (answer.text("accessToken"), answer.text("refreshToken"))
}

#[every_engine]
async fn tokens_issued_here_are_accepted_by_the_npm_library() {
    let server = Server::speaking("bearer-pair").await;
    let (access, refresh) = tokens(&server).await;
    let options = json!({ "algorithms": ["HS256"], "clockTimestamp": server.now_s() });
    let mut questions = Vec::new();
    for library in SIGNERS {
        for (token, secret) in [(&access, ACCESS_SECRET), (&refresh, REFRESH_SECRET)] {
            questions.push(json!({ "library": library, "do": "verify", "token": token, "secret": secret, "options": options }));
        }
    }
    for (question, answer) in questions.iter().zip(ask("jwt.js", &questions)) {
        assert_eq!(answer["claims"]["userId"], 1, "{question}: {answer}");
    }
    let late = json!({ "algorithms": ["HS256"], "clockTimestamp": server.now_s() + 900 });
    let question = json!({ "do": "verify", "token": access, "secret": ACCESS_SECRET, "options": late });
    assert_eq!(ask("jwt.js", &[question])[0]["error"]["name"], "TokenExpiredError");
}

#[every_engine]
async fn tokens_of_the_npm_library_are_accepted_here() {
    let server = Server::speaking("bearer-pair").await;
    server.import(41, |_| {}).await;
    let (issued, ends) = (server.now_s() - 120, server.now_s() + 600);
    for library in SIGNERS {
        let question = |secret: &str| {
            let claims = json!({ "userId": 41, "iat": issued, "exp": ends });
            json!({ "library": library, "do": "sign", "claims": claims, "secret": secret, "options": {} })
        };
        let signed = ask("jwt.js", &[question(ACCESS_SECRET), question(REFRESH_SECRET)]);
        let [access, refresh] =
            [&signed[0], &signed[1]].map(|answer| answer["token"].as_str().unwrap().to_owned());
        assert_eq!(server.get_as("/protected", &access).await.status, 200, "{library}");
        assert_eq!(
            server.post("/refresh", &json!({ "refreshToken": refresh })).await.status,
            200,
            "{library}"
        );
    }
}
