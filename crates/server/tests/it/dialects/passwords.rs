//! What does a dialect answer whose client chooses a password that is guessed first?

use portcullis_every_engine::every_engine;
use serde_json::json;

use super::server::Server;

const COMMON: &str = "must not be one of the passwords that many people have";
const OWN: &str = "must be more than the username or email address of the account";
const LONG: &str = "must be at most 72 bytes long when written in UTF-8";

#[every_engine]
async fn each_dialect_refuses_it_in_its_own_manner() {
    let cases = [
        ("bearer-pair", "/register", 400),
        ("users-cookies", "/users/register", 400),
        ("bearer-single", "/register", 400),
        ("auth-router", "/auth/register", 422),
    ];
    for (dialect, path, status) in cases {
        let server = Server::speaking(dialect).await;
        for (password, sentence) in [("Password1!", COMMON), ("lovelace1815", OWN), (&"é".repeat(37), LONG)]
        {
            let mut person = json!({ "password": password });
            match dialect {
                "bearer-single" => person["username"] = "lovelace".into(),
                "bearer-pair" => {
                    person["username"] = "lovelace".into();
                    person["email"] = "ada@example.com".into();
                }
                _ => {
                    person["name"] = "Ada".into();
                    person["email"] = "ada.lovelace@example.com".into();
                }
            }
            let answer = server.post(path, &person).await;
            assert_eq!(answer.status.as_u16(), status, "{dialect}: {answer:?}");
            let told = answer.json();
            let told = match dialect {
                "users-cookies" => &told["message"],
                "auth-router" => &told["error"]["message"],
                _ => &told["error"],
            };
            assert_eq!(*told, json!(format!("password {sentence}")), "{dialect}");
        }
    }
}
