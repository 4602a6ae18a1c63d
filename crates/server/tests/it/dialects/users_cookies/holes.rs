//! Are the holes closed that such backends have?

use http::StatusCode;
use portcullis_every_engine::every_engine;
use serde_json::{Value, json};

use super::super::forge;
use super::super::server::{ACCESS_SECRET, REFRESH_SECRET, Server};
use super::{
    Browser, JSON, NAME, PASSWORD, log_in, newcomer, profile_by, refresh_by, refusal, refused, welcome,
};

#[every_engine]
async fn who_has_an_account_is_told_neither_by_words_nor_by_work() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let mut told = Vec::new();
    for email in ["ada@example.com", "ADA@EXAMPLE.COM", "nobody@example.com", "nobody", "   ", "a\u{0}b"] {
        let before = server.auth.hash_gate_metrics().verified;
        let answer =
            server.post("/users/login", &json!({ "email": email, "password": "wrong password" })).await;
        let hashes = server.auth.hash_gate_metrics().verified - before;
        told.push((refusal(&answer), hashes));
    }
    told.dedup();
    assert_eq!(told, [(refused(401, "Invalid email or password"), 1)]);
}

#[every_engine]
async fn too_many_attempts_are_answered_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let guess = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let mut statuses = Vec::new();
    let mut last = server.post("/users/login", &guess).await;
    while last.status == StatusCode::UNAUTHORIZED && statuses.len() < 50 {
        statuses.push(last.status);
        last = server.post("/users/login", &guess).await;
    }
    assert_eq!(refusal(&last), refused(429, "Too many attempts, try again later"));
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(refusal(&log_in(&server, "ada@example.com").await).0, 429);
    assert_eq!(server.post("/users/register", &newcomer("bob")).await.status, 201);
    assert_eq!(log_in(&server, "bob@example.com").await.status, 200);
}

#[every_engine]
async fn a_registration_lacks_nothing_and_nothing_of_it_is_blank() {
    let server = Server::speaking(NAME).await;
    for field in ["name", "email", "password"] {
        let mut without = newcomer("ada");
        without.as_object_mut().unwrap().remove(field);
        let mut bodies = vec![without];
        for value in [json!(null), json!(""), json!("   "), json!(" \t\n ")] {
            let mut body = newcomer("ada");
            body[field] = value;
            bodies.push(body);
        }
        for body in bodies {
            let answer = server.post("/users/register", &body).await;
            assert_eq!(refusal(&answer), refused(400, "All fields are required"), "{body}");
        }
        for value in [json!(0), json!(5), json!(true), json!(["ada"]), json!([]), json!({ "$gt": "" })] {
            let mut body = newcomer("ada");
            body[field] = value;
            let answer = server.post("/users/register", &body).await;
            assert_eq!(refusal(&answer), refused(400, &format!("{field} must be a string")), "{body}");
        }
    }
    assert_eq!(server.post("/users/register", &newcomer("ada")).await.json()["id"], 1);
}

#[every_engine]
async fn a_login_takes_texts_only_and_looks_nothing_up_for_the_rest() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let before = server.auth.hash_gate_metrics().verified;
    let missing = refused(400, "Email and password are required");
    for body in [
        json!({}),
        json!({ "email": "ada@example.com" }),
        json!({ "password": PASSWORD }),
        json!({ "email": null, "password": PASSWORD }),
        json!({ "email": "", "password": PASSWORD }),
        json!({ "email": "ada@example.com", "password": "" }),
        json!({ "email": "ada@example.com", "password": null }),
    ] {
        assert_eq!(refusal(&server.post("/users/login", &body).await), missing, "{body}");
    }
    let operators = [
        json!(["ada@example.com"]),
        json!([PASSWORD]),
        json!([]),
        json!({ "$gt": "" }),
        json!({ "$ne": null }),
        json!({ "id": 1 }),
        json!({ "email": 1 }),
        json!({ "password": 1 }),
        json!(1),
        json!(true),
    ];
    for value in operators {
        for (field, body) in [
            ("email", json!({ "email": value, "password": PASSWORD })),
            ("password", json!({ "email": "ada@example.com", "password": value })),
        ] {
            let answer = server.post("/users/login", &body).await;
            assert_eq!(refusal(&answer), refused(400, &format!("{field} must be a string")), "{body}");
        }
    }
    assert_eq!(server.auth.hash_gate_metrics().verified, before);
}

#[every_engine]
async fn a_password_that_bcrypt_would_cut_is_refused_and_none_is_changed() {
    let server = Server::speaking(NAME).await;
    let register = async |email: &str, password: &str| {
        let body = json!({ "name": "eve", "email": email, "password": password });
        server.post("/users/register", &body).await
    };
    let attempt = async |email: &str, password: &str| {
        server.post("/users/login", &json!({ "email": email, "password": password })).await.status.as_u16()
    };
    let too_long = refused(400, "password must be at most 72 bytes long when written in UTF-8");
    for password in ["p".repeat(73), "ä".repeat(37), "p".repeat(1000)] {
        assert_eq!(refusal(&register("eve@example.com", &password).await), too_long);
    }
    let nul = refusal(&register("eve@example.com", "correct\u{0}horse battery").await);
    assert_eq!(nul, refused(400, "password must not contain a NUL character"));
    let short = refusal(&register("eve@example.com", "seven c").await);
    assert_eq!(short, refused(400, "password must be at least 8 characters long"));

    let longest = "p".repeat(72);
    assert_eq!(register("eve@example.com", &longest).await.status, 201);
    assert_eq!(attempt("eve@example.com", &longest).await, 200);
    for chars in [71, 73, 200] {
        assert_eq!(attempt("eve@example.com", &"p".repeat(chars)).await, 401, "{chars}");
    }
    assert_eq!(register("mal@example.com", "  blanks around  ").await.status, 201);
    assert_eq!(attempt("mal@example.com", "  blanks around  ").await, 200);
    assert_eq!(attempt("mal@example.com", "blanks around").await, 401);
    assert_eq!(attempt("mal@example.com", "  blanks around  \u{0}").await, 401);
}

#[every_engine]
async fn one_mailbox_is_one_account_however_it_is_written() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    for email in
        ["ada@example.com", "ADA@Example.COM", " ada@example.com", "ada@example.com ", "ａda@example.com"]
    {
        let mut body = newcomer("eve");
        body["email"] = json!(email);
        let answer = server.post("/users/register", &body).await;
        assert_eq!(refusal(&answer), refused(409, "User with this email already exists"), "{email:?}");
        assert_eq!(log_in(&server, email).await.json()["user"]["id"], 1);
    }
}

#[every_engine]
async fn of_sixteen_registrations_at_once_one_wins() {
    let server = Server::speaking(NAME).await;
    let body = newcomer("ada");
    let answers =
        futures_util::future::join_all((0..16).map(|_| server.post("/users/register", &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[409; 15]].concat());
}

#[every_engine]
async fn what_a_client_must_not_set_is_not_set() {
    let server = Server::speaking(NAME).await;
    let mut body = newcomer("ada");
    for (name, value) in [
        ("id", json!(99)),
        ("role", json!("admin")),
        ("bio", json!("planted")),
        ("contact", json!("planted")),
        ("createdAt", json!("1999-01-01T00:00:00Z")),
        ("created_at", json!("1999-01-01T00:00:00Z")),
        ("hashedPassword", json!("$2b$10$")),
        ("refreshToken", json!("planted")),
    ] {
        body[name] = value;
    }
    let answer = server.post("/users/register", &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, r#"{"id":1,"name":"ada","email":"ada@example.com","bio":null,"contact":null}"#);
    let answer = log_in(&server, "ada@example.com").await;
    let user = json!({ "id": 1, "name": "ada", "email": "ada@example.com", "bio": null, "contact": null });
    assert_eq!(answer.json()["user"], user);
    assert_eq!(refusal(&refresh_by(&server, "planted").await).0, 401);
    let claims = forge::claims(&answer.text("accessToken"));
    assert!(claims.get("role").is_none() && claims["id"] == 1);
}

#[every_engine]
async fn only_hs256_counts() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    let now = server.now_s();
    let claims = json!({ "id": 1, "email": "ada@example.com", "iat": now, "exp": now + 60 });
    let with = |alg: &str| forge::sign_as(&json!({ "alg": alg, "typ": "JWT" }), &claims, ACCESS_SECRET);
    assert_eq!(profile_by(&server, &with("HS256")).await.status, 200);
    for alg in ["HS384", "HS512", "none", "None", "RS256", ""] {
        let answer = profile_by(&server, &with(alg)).await;
        assert_eq!(refusal(&answer), refused(401, "Invalid access token"), "{alg}");
    }
}

#[every_engine]
async fn a_token_names_one_account_by_its_number_and_has_an_end() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "ada").await;
    welcome(&server, "bob").await;
    let now = server.now_s();
    let token = |id: Value| {
        let claims = json!({ "id": id, "email": "ada@example.com", "iat": now, "exp": now + 60 });
        forge::sign(&claims, ACCESS_SECRET)
    };
    assert_eq!(profile_by(&server, &token(json!(1))).await.json()["id"], 1);
    for id in [
        json!([1, 2]),
        json!({ "id": 1 }),
        json!("1"),
        json!(1.5),
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(99),
    ] {
        let answer = profile_by(&server, &token(id.clone())).await;
        assert_eq!(refusal(&answer), refused(401, "Invalid access token"), "{id}");
    }
    for (claims, message) in [
        (json!({ "id": 1, "iat": now }), "Invalid access token"),
        (json!({ "id": 1 }), "Invalid access token"),
        (json!({ "id": 1, "iat": now, "exp": "tomorrow" }), "Invalid access token"),
        (json!({ "id": 1, "iat": now, "exp": now + 60, "nbf": now + 30 }), "Invalid access token"),
        (json!({ "id": 1, "iat": now - 60, "exp": now }), "Access token is expired"),
    ] {
        let answer = profile_by(&server, &forge::sign(&claims, ACCESS_SECRET)).await;
        assert_eq!(refusal(&answer), refused(401, message), "{claims}");
    }
}

#[every_engine]
async fn the_secret_alone_makes_no_refresh_token() {
    let server = Server::speaking(NAME).await;
    let Browser { access, refresh } = welcome(&server, "ada").await;
    let now = server.now_s();
    let mut claims = forge::claims(&refresh);
    for (name, value) in [
        ("iat", json!(now - 99)),
        ("exp", json!(now + 999_999)),
        ("jti", json!("A".repeat(64))),
        ("jti", json!("another")),
        ("jti", json!(null)),
    ] {
        let mut forged = claims.clone();
        forged[name] = value;
        assert_eq!(
            refusal(&refresh_by(&server, &forge::sign(&forged, REFRESH_SECRET)).await).0,
            401,
            "{name}"
        );
    }
    claims["sid"] = forge::claims(&access)["sid"].clone();
    claims.as_object_mut().unwrap().remove("jti");
    assert_eq!(refusal(&refresh_by(&server, &forge::sign(&claims, REFRESH_SECRET)).await).0, 401);
    // One for an account that is there, and one for nobody: the same answer.
    let never_issued = |id: i64| json!({ "id": id, "iat": now - 99, "exp": now + 999 });
    for id in [1, 99] {
        let answer = refresh_by(&server, &forge::sign(&never_issued(id), REFRESH_SECRET)).await;
        assert_eq!(refusal(&answer), refused(401, "Refresh token is expired or used"), "{id}");
        let body = json!({ "refreshToken": forge::sign(&never_issued(id), REFRESH_SECRET) });
        assert_eq!(refusal(&server.post("/users/logout", &body).await).0, 401, "{id}");
    }
    assert_eq!(refresh_by(&server, &refresh).await.status, 200);
}

#[every_engine]
async fn a_token_of_a_forger_does_not_pass_for_one_of_ours() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    welcome(&server, "bob").await;
    let mut claims = forge::claims(&browser.access);
    claims["id"] = json!(2);
    // SECURITY: the `jti` proves for whom it was made, and that counts more than what the shared secret says.
    let answer = profile_by(&server, &forge::sign(&claims, ACCESS_SECRET)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["id"]), (200, &json!(1)));
    claims["exp"] = json!(server.now_s() + 999_999);
    assert_eq!(refusal(&profile_by(&server, &forge::sign(&claims, ACCESS_SECRET)).await).0, 401);
}

#[every_engine]
async fn a_cookie_that_comes_twice_was_planted_and_does_not_count() {
    let server = Server::speaking(NAME).await;
    let (victim, attacker) = (welcome(&server, "ada").await, welcome(&server, "eve").await);
    for (one, other) in [(&attacker, &victim), (&victim, &attacker)] {
        let cookie = format!("cookie: accessToken={}; accessToken={}", one.access, other.access);
        let answer = server.send("GET", "/users/profile", &[&cookie], "").await;
        assert_eq!(refusal(&answer), refused(401, "Unauthorized request"));
        let cookie = format!("cookie: refreshToken={}; refreshToken={}", one.refresh, other.refresh);
        let answer = server.send("POST", "/users/refresh-token", &[JSON, &cookie], "{}").await;
        assert_eq!(refusal(&answer), refused(401, "Unauthorized request"));
    }
}
