//! Does the time tell it where something is asked for or answered by mail?
//!
//! - Mails are written into files, as fast as the disk takes them, and none is held back. What a mail takes comes after the
//!   answer that it was asked for by; a pause keeps it from the next one.
//! - Every answer of a comparison has to have the same status: what was throttled by mistake measures nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{ACCOUNTS, Connection, Pairs, TYPICAL_HASH, UNLIMITED, login, nobody, post, post_with};
use crate::report::Report;
use crate::server::{PASSWORD, Portcullis, email};

/// For how long a server is left alone with its outbox.
const PAUSE: Duration = Duration::from_millis(25);

/// Of one length, as all names here.
const TAKEN_NAME: &str = "well-known";
const FREE_NAME: &str = "unheard-of";
const SETTINGS: [(&str, &str); 4] = [
    UNLIMITED,
    ("PORTCULLIS_MAIL_URL", "file:mails"),
    ("PORTCULLIS_MAIL_PER_ADDRESS_HOURLY", "1000"),
    ("PORTCULLIS_MAIL_HOURLY", "10000000"),
];
const REVEAL: (&str, &str) = ("PORTCULLIS_REGISTRATION_ANSWER", "reveal");
const VERIFIED_FIRST: (&str, &str) = ("PORTCULLIS_ACCOUNT_REQUIRE_VERIFIED_EMAIL", "login");

/// Measures all of it.
pub fn measure(report: &mut Report) {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let portcullis = Portcullis::start_with(directory.path(), &SETTINGS);
    measure_requests(report, &portcullis);
    measure_registration(report, &portcullis);
    measure_codes(report, &portcullis);
    measure_change(report, &portcullis);
    drop(portcullis);
    let portcullis = Portcullis::start_with(directory.path(), &[&SETTINGS[..], &[VERIFIED_FIRST]].concat());
    // The kinds of hashes are counted right after the start.
    std::thread::sleep(Duration::from_millis(500));
    let wrong = |email: &str| login(email, "not the password");
    let pairs = ask(&portcullis, 401, |number| wrong(&nobody(number)), |number| wrong(&unverified(number)));
    pairs.report(report, "login: unknown / not verified, wrong password", pairs.hash());
}

/// As many accounts whose address is verified as such whose address is not, and which have a mail about that.
fn fill(directory: &Path) {
    let portcullis = Portcullis::start_with(directory, &[&SETTINGS[..], &[REVEAL]].concat());
    let mut connection = Connection::new(portcullis.address());
    for number in 0..2 * ACCOUNTS {
        let person = json!({ "email": email(number), "password": PASSWORD });
        assert_eq!(connection.ask(&post("/v1/register", &person)).0, 201);
    }
    for number in 0..ACCOUNTS {
        let token = token_of_mail(&directory.join("mails"), &verified(number));
        assert_eq!(
            connection.ask(&post("/v1/email/verify", &json!({ "token": token, "password": PASSWORD }))).0,
            200
        );
    }
    token_of_mail(&directory.join("mails"), &unverified(ACCOUNTS - 1));
    assert_eq!(connection.ask(&register("well-known@example.com", TAKEN_NAME)).0, 201);
}

/// The token of the link in the mail to an address, once that is there.
fn token_of_mail(mails: &Path, address: &str) -> String {
    let began = Instant::now();
    loop {
        let entries = std::fs::read_dir(mails).unwrap();
        let whole = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
        for path in whole {
            let Ok(text) = std::fs::read_to_string(path) else { continue };
            if text.contains(&format!("To: {address}\r\n")) {
                // Lines may be folded in the middle of a link.
                let text = text.replace("=\r\n", "");
                let (_, token) = text.split_once("pc_ot_").unwrap();
                return format!("pc_ot_{}", &token[..43]);
            }
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no mail arrives");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn verified(number: usize) -> String {
    email(number % ACCOUNTS)
}

fn unverified(number: usize) -> String {
    email(ACCOUNTS + number % ACCOUNTS)
}

/// Compares what is answered with one status.
fn ask(
    portcullis: &Portcullis,
    status: u16,
    without: impl Fn(usize) -> Vec<u8>,
    with: impl Fn(usize) -> Vec<u8>,
) -> Pairs {
    let pairs = Pairs::take_with_pauses(portcullis.address(), PAUSE, without, with);
    assert!(pairs.statuses.iter().eq([&status]), "{:?}", pairs.statuses);
    pairs
}

/// What is one insert, for whoever it is.
fn measure_requests(report: &mut Report, portcullis: &Portcullis) {
    let forgot = |email: &str| post("/v1/password/forgot", &json!({ "email": email }));
    let resend = |email: &str| post("/v1/email/verify/resend", &json!({ "email": email }));
    let pairs = ask(portcullis, 202, |number| forgot(&nobody(number)), |number| forgot(&verified(number)));
    pairs.report(report, "forgot password: unknown / account", TYPICAL_HASH);
    let pairs = ask(portcullis, 202, |number| resend(&nobody(number)), |number| resend(&verified(number)));
    pairs.report(report, "verification mail again: unknown / verified", TYPICAL_HASH);
    let pairs = ask(portcullis, 202, |number| resend(&nobody(number)), |number| resend(&unverified(number)));
    pairs.report(report, "verification mail again: unknown / not verified", TYPICAL_HASH);
}

fn register(email: &str, username: &str) -> Vec<u8> {
    let person = json!({ "email": email, "username": username, "password": "correct horse battery staple" });
    post("/v1/register", &person)
}

/// Concealed: one hash, and one insert.
fn measure_registration(report: &mut Report, portcullis: &Portcullis) {
    let free = |number: usize| register(&nobody(number), FREE_NAME);
    let pairs = ask(portcullis, 202, free, |number| register(&verified(number), FREE_NAME));
    pairs.report(report, "register, concealed: free / taken address", pairs.hash());
    let pairs = ask(portcullis, 202, free, |number| register(&nobody(number), TAKEN_NAME));
    pairs.report(report, "register, concealed: free / taken username", pairs.hash());
}

/// A code that is wrong, for an address that a mail with one went to, and for one that none went to.
fn measure_codes(report: &mut Report, portcullis: &Portcullis) {
    let guess = |email: &str| post("/v1/email/verify", &json!({ "email": email, "code": "0000-0000" }));
    let never = |number: usize| format!("never-{number}@example.com");
    let pairs = ask(portcullis, 400, |number| guess(&never(number)), |number| guess(&unverified(number)));
    pairs.report(report, "wrong code: address that waits for nothing / that waits", TYPICAL_HASH);
}

/// Somebody who is logged in wants an address.
fn measure_change(report: &mut Report, portcullis: &Portcullis) {
    let login = portcullis.log_in(0);
    let token = login["access_token"].as_str().unwrap();
    let header = format!("authorization: Bearer {token}\r\n");
    let change =
        |email: &str| post_with("/v1/me/email", &header, &json!({ "email": email, "password": PASSWORD }));
    let pairs = ask(portcullis, 202, |number| change(&nobody(number)), |number| change(&unverified(number)));
    pairs.report(report, "change of address: free / taken", pairs.hash());
}
