//! Which files are believed?

use aws_lc_rs::digest::{SHA256, digest};
use portcullis_core::testing::NOW;
use portcullis_store::testing::TestEngine;
use portcullis_store::transfer::{Checked, FileError, FileWriter, Header, Kind};

use super::world::{World, keys};

fn check(file: &[u8]) -> Result<Checked, FileError> {
    Checked::read(file, |_| ())
}

/// What the reader says about a file that it refuses.
fn refusal(file: &str) -> String {
    match check(file.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was believed: {file}"),
    }
}

async fn exported() -> String {
    String::from_utf8(World::in_use(TestEngine::Sqlite).await.export().await).unwrap()
}

#[tokio::test]
async fn a_file_says_what_is_in_it() {
    let file = exported().await;
    let checked = check(file.as_bytes()).unwrap();
    assert_eq!((checked.header, checked.next_number), (Header::new(NOW.as_millis(), "test"), 5));
    assert_eq!(Kind::ALL.map(|kind| checked.counts.of(kind)), [3, 3, 5, 2, 12, 1, 10, 2, 2, 3]);
    assert_eq!(checked.hashes.iter().collect::<Vec<_>>(), [("bcrypt 04", 2)]);
    assert_eq!(checked.keys.len(), keys().len());
    let kinds: Vec<_> = file.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(
        (kinds[0], kinds[1], kinds[4], kinds[kinds.len() - 1]),
        ("portcullis_export", "signing_key", "account", "end")
    );
}

/// The kinds that an earlier format does not know, one and many of each.
fn unknown_in(format: u32) -> Vec<(&'static str, &'static str)> {
    let all = [
        (4, "one_time_token", "one_time_tokens"),
        (4, "mail", "mails"),
        (4, "known_client", "known_clients"),
        (3, "audit_seal", "audit_seals"),
        (2, "adopted_session", "adopted_sessions"),
    ];
    all.into_iter().filter(|(since, ..)| format < *since).map(|(_, one, many)| (one, many)).collect()
}

/// The file as it would be if it had been written in an earlier format.
fn as_written_before(file: &str, format: u32) -> String {
    let unknown = unknown_in(format);
    let is_unknown = |line: &str| unknown.iter().any(|(one, _)| line.starts_with(&format!("{{\"{one}\":")));
    let lines: Vec<_> = file.lines().filter(|line| !is_unknown(line)).collect();
    let (end, lines) = lines.split_last().unwrap();
    let (at, verified) = (NOW.as_millis(), NOW.as_millis() + 5000);
    let mut text = format!("{}\n", lines.join("\n"))
        .replacen("\"portcullis_export\":4", &format!("\"portcullis_export\":{format}"), 1)
        .replace(&format!("\"locale\":\"de\",\"email_verified_at\":{verified},"), "");
    if format < 3 {
        text = text.replace(",\"request_id\":\"r-1\",\"detail\":\"by \\\"hand\\\"\"", "");
    }
    if format < 2 {
        text = text.replace(&format!("\"cut_over_at\":{at},"), "");
    }
    // Since the third format the checksum covers the number of the next account.
    let covered = if format < 3 { text.clone() } else { format!("{text}5") };
    let sha256 = hex::encode(digest(&SHA256, covered.as_bytes()));
    let (end, _) = end.rsplit_once(",\"sha256\"").unwrap();
    let mut end = end.to_owned();
    for (many, count) in unknown.iter().flat_map(|(_, many)| (0..=10).map(move |count| (many, count))) {
        end = end.replace(&format!("\"{many}\":{count},"), "");
    }
    format!("{text}{end},\"sha256\":\"{sha256}\"}}}}\n")
}

#[tokio::test]
async fn a_file_of_the_format_before_is_believed_and_holds_what_it_held() {
    let file = exported().await;
    for (format, adopted, seals) in [(1, 0, 0), (2, 1, 0), (3, 1, 10)] {
        let old = as_written_before(&file, format);
        assert!(
            !old.contains("one_time_token") && !old.contains("verified") && old.len() < file.len(),
            "{old}"
        );
        assert_eq!(old.contains("audit_seal") && old.contains("detail"), format > 2, "{old}");
        assert_eq!(old.contains("cut_over") && old.contains("adopted_session\""), format > 1, "{old}");
        let checked = check(old.as_bytes()).unwrap();
        let counts = Kind::ALL.map(|kind| checked.counts.of(kind));
        assert_eq!(counts, [3, 3, 5, 2, 12, adopted, seals, 0, 0, 0]);
        let target = World::empty(TestEngine::Sqlite).await;
        assert!(target.import(old.as_bytes()).await.unwrap().conflicts.is_empty());
        assert_eq!(as_written_before(&String::from_utf8(target.export().await).unwrap(), format), old);
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_anywhere_is_refused() {
    let file = exported().await;
    for end in (0..file.len()).step_by(17).chain([file.len() - 1]) {
        assert!(check(&file.as_bytes()[..end]).is_err(), "cut off after {end} bytes");
    }
    let (lines, _) = file.trim_end().rsplit_once('\n').unwrap();
    let count = lines.lines().count();
    assert_eq!(
        refusal(&format!("{lines}\n")),
        format!("the file ends after line {count} without its last line: it was cut off")
    );
}

#[tokio::test]
async fn a_file_in_which_anything_was_changed_is_refused() {
    let file = exported().await;
    for place in (0..file.len()).step_by(7) {
        let mut changed = file.clone().into_bytes();
        changed[place] ^= 1;
        assert!(check(&changed).is_err(), "changed at {place}");
    }
    // Also where every line is good by itself.
    let line = file.lines().find(|line| line.starts_with("{\"audit_event\"")).unwrap();
    assert!(refusal(&file.replace(&format!("{line}\n"), "")).contains("count"));
    assert!(refusal(&file.replace("\"phone/1\"", "\"phone/2\"")).contains("checksum"));
    assert!(refusal(&file.replace("\"version\":\"0", "\"version\":\"1")).contains("checksum"));
    assert!(refusal(&file.replace("\"next_number\":5", "\"next_number\":0")).contains("number"));
    assert!(refusal(&file.replace("\"next_number\":5", "\"next_number\":6")).contains("checksum"));
    assert!(refusal(&format!("{file}\n")).contains("end"));
}

#[tokio::test]
async fn what_no_server_could_have_written_is_refused_with_its_line() {
    let file = exported().await;
    for (found, replaced, expected) in [
        ("\"number\":1,", "\"number\":0,", "line 5: number"),
        ("\"number\":1,", "\"number\":\"1\",", "line 5: a value"),
        ("\"email\":\"Alice@", "\"email\":\" Alice@", "line 5: email"),
        ("\"email\":\"Alice@", "\"email\":\"Malice@", "line 5: email_key is not the key"),
        ("\"email_key\":\"alice@", "\"email_key\":\"Alice@", "line 5: email_key is not the key"),
        ("\"email_key\":\"alice@example.com\",", "", "line 5: email and email_key"),
        ("\"username_key\":\"alice\"", "\"username_key\":\"bob\"", "line 5: username_key"),
        ("\"role\":\"admin\"", "\"role\":\"root\"", "line 5: role"),
        ("\"role\":\"admin\"", "\"role\":\"admin\",\"is_admin\":true", "line 5: unknown field `is_admin`"),
        ("\"hash\":\"$2b$04$", "\"hash\":\"$2b$31$", "line 5: the password hash"),
        ("{\"account\":{", "{\"person\":{", "line 5: unknown variant `person`"),
        ("\"id\":\"0", "\"id\":\"x", "line 5: a value"),
        ("\"generation\":2", "\"generation\":0", "line 8: generation"),
        ("\"generation\":2", "\"generation\":-1", "line 8: a value"),
        ("\"rotations\":\"1@", "\"rotations\":\"x@", "line 8: rotations"),
        ("\"address\":\"192.0.2.7\"", "\"address\":\"localhost\"", "line 8: a value"),
        ("\"revoke_reason\":\"", "\"revoke_reason\":\"not_", "line 9: revoke_reason"),
        ("\"state\":\"next\"", "\"state\":\"future\"", "line 2: state"),
        ("\"state\":\"next\"", "\"state\":\"active\"", "not exactly one active"),
        ("\"sealed\":\"", "\"sealed\":\"*", "line 2: sealed"),
        ("\"kind\":\"logged_in\"", "\"kind\":\"Broke in\"", "kind"),
        ("\"happened_at\":", "\"happened\":", "unknown field `happened`"),
        ("\"locale\":\"de\"", "\"locale\":\"de-AT\"", "line 5: locale"),
        (
            "\"email_verified_at\":",
            "\"delete_at\":1,\"email_verified_at\":",
            "line 5: deletion_requested_at and",
        ),
        ("\"purpose\":\"register\"", "\"purpose\":\"rule\"", "purpose"),
        ("\"digest\":\"", "\"digest\":\"AAAA", "digest"),
        ("\"payload\":\"{", "\"payload\":\"{{", "payload"),
        ("\"state\":\"sent\"", "\"state\":\"pending\"", "what is pending has no finished_at"),
        ("\"state\":\"sent\"", "\"state\":\"lost\"", "state"),
        ("\"place\":\"", "\"place\":\"AA", "place"),
    ] {
        assert!(file.contains(found), "{found} does not occur:\n{file}");
        let what = refusal(&file.replacen(found, replaced, 1));
        assert!(what.contains(expected), "{replaced}: {what}");
    }
}

#[tokio::test]
async fn no_refusal_repeats_what_stands_in_the_line() {
    let file = exported().await;
    for (found, replaced) in [
        ("\"number\":1,", "\"number\":\"SECRET\","),
        ("\"hash\":\"", "\"hash\":\"SECRET"),
        ("\"password\":{", "\"password\":\"SECRET\",\"x\":{"),
        ("\"created_at\":", "\"created_at\":\"SECRET\",\"y\":"),
        ("{\"account\":", "{\"account\":SECRET"),
        ("\"email_key\":\"", "\"email_key\":\"SECRET"),
    ] {
        let what = refusal(&file.replacen(found, replaced, 1));
        assert!(!what.contains("SECRET"), "{what}");
    }
}

#[tokio::test]
async fn what_is_no_export_is_told_apart_from_a_later_one() {
    for text in ["", "\n", "{}\n", "[1]\n", "SQLite format 3\0", "{\"account\":{}}\n"] {
        assert_eq!(refusal(text), "this is not a file that `portcullis export` made", "{text:?}");
    }
    let later =
        exported().await.replacen("\"portcullis_export\":4", "\"portcullis_export\":5,\"more\":true", 1);
    assert!(refusal(&later).contains("newer version"), "{}", refusal(&later));
}

#[tokio::test]
async fn kinds_come_in_their_order_and_lines_have_an_end() {
    let world = World::in_use(TestEngine::Sqlite).await;
    let mut records = world.records().await;
    records.rotate_left(3);
    let mut writer = FileWriter::begin(Vec::new(), &Header::new(0, "test")).unwrap();
    for record in &records {
        writer.add(record).unwrap();
    }
    let (_, file) = writer.finish(5).unwrap();
    let what = refusal(&String::from_utf8(file).unwrap());
    assert!(what.contains("signing_keys stand after known_clients"), "{what}");

    let file = exported().await;
    let long = format!("{{\"account\":{{\"bio\":\"{}\n", "x".repeat(2 * 1024 * 1024));
    let (head, _) = file.split_once('\n').unwrap();
    assert!(refusal(&format!("{head}\n{long}")).contains("line 2: it is longer than"));
}
