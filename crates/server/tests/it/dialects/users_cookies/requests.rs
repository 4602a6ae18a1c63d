//! Who may cause a request, and in which form does it come?

use portcullis_every_engine::every_engine;
use serde_json::json;

use super::super::server::{Server, Setup};
use super::{JSON, NAME, PASSWORD, log_in, newcomer, profile_by, refusal, refused, welcome};

const FORGED: &str = "The request may have been made by another site";

#[every_engine]
async fn another_site_causes_nothing_with_the_cookies_of_its_visitor() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let before = browser.profile(&server).await.body;
    let login = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let routes = [
        ("POST", "/users/login", login.as_str()),
        ("POST", "/users/refresh-token", ""),
        ("PATCH", "/users/update-profile", r#"{"bio":"cross"}"#),
        ("POST", "/users/logout", ""),
        ("DELETE", "/users/profile", ""),
        ("DELETE", "/USERS/PROFILE/", ""),
    ];
    let others: [&[&str]; 6] = [
        &["origin: https://evil.example"],
        &["origin: null"],
        &["origin: http://localhost:3000.evil.example"],
        &["sec-fetch-site: cross-site"],
        &["sec-fetch-site: same-site"],
        &["origin: https://evil.example", "sec-fetch-site: cross-site"],
    ];
    for (method, path, body) in routes {
        for other in others {
            let cookies = browser.cookies();
            let headers = [&[JSON, cookies.as_str()], other].concat();
            let answer = server.send(method, path, &headers, body).await;
            assert_eq!(refusal(&answer), refused(403, FORGED), "{method} {path} {other:?}");
        }
    }
    assert_eq!(browser.profile(&server).await.body, before);
    assert_eq!(browser.refresh(&server).await.status, 200);
}

#[every_engine]
async fn another_site_logs_nobody_in_even_without_cookies() {
    let server = Server::speaking(NAME).await;
    welcome(&server, "eve").await;
    let login = json!({ "email": "eve@example.com", "password": PASSWORD }).to_string();
    let headers = [JSON, "origin: https://evil.example", "sec-fetch-site: cross-site"];
    let answer = server.send("POST", "/users/login", &headers, &login).await;
    assert_eq!(refusal(&answer), refused(403, FORGED));
}

#[every_engine]
async fn the_application_itself_passes_and_so_does_what_is_no_browser() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let body = r#"{"bio":"own"}"#;
    for own in [
        &["origin: http://localhost:3000", "sec-fetch-site: same-origin"][..],
        &["origin: http://localhost:3000"],
        &["sec-fetch-site: same-origin"],
        &["sec-fetch-site: none"],
        &[],
    ] {
        let cookies = browser.cookies();
        let headers = [&[JSON, cookies.as_str()], own].concat();
        assert_eq!(
            server.send("PATCH", "/users/update-profile", &headers, body).await.status,
            200,
            "{own:?}"
        );
    }
    // A page can be shown from anywhere; a browser does not let another site read it.
    let elsewhere = ["origin: https://app.example", "sec-fetch-site: cross-site"];
    let cookies = browser.cookies();
    let answer =
        server.send("GET", "/users/profile", &[&[cookies.as_str()][..], &elsewhere].concat(), "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    // Nobody writes an Authorization header for another site.
    let bearer = format!("authorization: Bearer {}", browser.access);
    let headers = [&[JSON, bearer.as_str()][..], &elsewhere].concat();
    assert_eq!(server.send("PATCH", "/users/update-profile", &headers, body).await.status, 200);
}

#[every_engine]
async fn a_header_beside_a_cookie_does_not_let_another_site_in() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let cookies = browser.cookies();
    let headers = [cookies.as_str(), "authorization: Bearer x", "origin: https://evil.example"];
    let answer = server.send("DELETE", "/users/profile", &headers, "").await;
    assert_eq!(refusal(&answer), refused(403, FORGED));
    assert_eq!(browser.profile(&server).await.status, 200);
}

#[every_engine]
async fn a_body_that_cannot_be_read_is_refused_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let cookies = browser.cookies();
    let large = format!(r#"{{"more":"{}"}}"#, "a".repeat(102_400));
    for (method, path) in [
        ("POST", "/users/register"),
        ("POST", "/users/login"),
        ("PATCH", "/users/update-profile"),
        ("POST", "/users/refresh-token"),
        ("POST", "/users/logout"),
    ] {
        let send = async |media_type: &str, body: &str| {
            let media_type = format!("content-type: {media_type}");
            refusal(&server.send(method, path, &[&media_type, &cookies], body).await)
        };
        for body in ["{", "nonsense", r#"{"email":"a",}"#, "{}{}", "\u{feff}{}"] {
            assert_eq!(
                send("application/json", body).await,
                refused(400, "The body is not well-formed JSON"),
                "{body}"
            );
        }
        for body in ["[]", "null", "7", r#""text""#] {
            assert_eq!(
                send("application/json", body).await,
                refused(400, "The request is not valid"),
                "{path} {body}"
            );
        }
        assert_eq!(send("application/json", &large).await, refused(413, "request entity too large"));
        for media_type in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
        {
            assert_eq!(send(media_type, "bio=x").await, refused(415, "The body must be application/json"));
        }
    }
    assert_eq!(browser.profile(&server).await.json()["bio"], json!(null));
}

#[every_engine]
async fn what_is_not_there_is_said_in_the_form_of_the_contract() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    for (method, path) in
        [("GET", "/nothing"), ("POST", "/users"), ("GET", "/users/1"), ("PUT", "/users/profile/1")]
    {
        assert_eq!(refusal(&server.send(method, path, &[], "").await).0, 404, "{method} {path}");
    }
    for (method, path, allowed) in [
        ("GET", "/users/login", "POST"),
        ("PUT", "/users/register", "POST"),
        ("DELETE", "/users/logout", "POST"),
        ("GET", "/users/refresh-token", "POST"),
        ("POST", "/users/profile", "GET,HEAD,DELETE"),
        ("POST", "/users/update-profile", "PATCH"),
        ("OPTIONS", "/users/login", "POST"),
    ] {
        let answer = server.send(method, path, &[], "").await;
        assert_eq!(refusal(&answer), refused(405, "The method is not allowed here"), "{method} {path}");
        let listed = answer.header("allow").replace(' ', "");
        for method in allowed.split(',') {
            assert!(listed.split(',').any(|other| other == method), "{method} is not in {listed}");
        }
    }
    for path in ["/users/profile/", "/Users/Profile", "/USERS/PROFILE/"] {
        let cookies = browser.cookies();
        assert_eq!(server.send("GET", path, &[&cookies], "").await.json()["id"], 1, "{path}");
    }
    assert_eq!(server.send("HEAD", "/users/profile", &[&browser.cookies()], "").await.status, 200);
    assert_eq!(server.send("HEAD", "/users/profile", &[], "").await.status, 401);
}

#[every_engine]
async fn it_answers_under_a_prefix_and_in_its_own_form_there() {
    let server = Server::start(Setup::of(&["users-cookies=/old"])).await;
    assert_eq!(server.post("/old/users/register", &newcomer("ada")).await.status, 201);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = server.post("/OLD/Users/Login/", &login).await;
    assert_eq!(answer.status, 200);
    assert!(answer.cookies().iter().all(|line| line.contains("; Path=/; ")), "{answer:?}");
    let profile = server.get_as("/old/users/profile", &answer.text("accessToken")).await;
    assert_eq!(profile.json()["id"], 1);
    assert_eq!(refusal(&server.send("GET", "/old/nothing", &[], "").await).0, 404);
    for (method, path) in [("POST", "/users/login"), ("POST", "/v1/login")] {
        let native = server.send(method, path, &[JSON], "{}").await;
        assert_eq!(native.header("content-type"), "application/problem+json", "{path}");
    }
}

#[every_engine]
async fn an_answer_speaks_of_no_library() {
    let server = Server::speaking(NAME).await;
    let browser = welcome(&server, "ada").await;
    let answers = [
        profile_by(&server, "x").await,
        profile_by(&server, &browser.refresh).await,
        super::refresh_by(&server, "x").await,
        server.send("POST", "/users/login", &[JSON], "{").await,
        server.post("/users/login", &json!({ "email": { "$gt": "" }, "password": 5 })).await,
        log_in(&server, "'; --").await,
        server.send("GET", "/users/%E0%A4%A", &[], "").await,
    ];
    for answer in answers {
        let message = refusal(&answer).1;
        for word in
            ["jwt", "signature", "position", "token '", "SQL", "column", "Cannot", "bcrypt", "at line"]
        {
            assert!(!message.contains(word), "{message}");
        }
    }
}
