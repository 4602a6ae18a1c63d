//! Is in the file what was in the list, and nothing else?

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Cursor;

use portcullis_core::crypto::{Password, digest};
use portcullis_core::ports::BreachedPasswords as _;
use tempfile::TempDir;

use super::super::{FilterFile, Opening};
use super::*;

const SEEN_ONCE: ListForm = ListForm::Hashes { min_count: 1 };

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn target(&self) -> PathBuf {
        self.0.path().join("breached.pcbf")
    }

    fn build(&self, list: &str, form: ListForm) -> Result<Built, BuildError> {
        build(&mut Cursor::new(list), form, &self.target(), &mut |_| ())
    }

    fn open(&self) -> FilterFile {
        FilterFile::at(&self.target())
    }

    fn files(&self) -> Vec<OsString> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }
}

fn sha1(text: &str) -> [u8; 20] {
    *digest::name_in_breach_lists(&Password::from(text))
}

fn hashes(numbers: impl Iterator<Item = u32>) -> String {
    let line = |number: u32| format!("{}:{number}\r\n", hex::encode_upper(sha1(&number.to_string())));
    numbers.map(line).collect::<Vec<_>>().concat()
}

#[test]
fn all_that_was_in_the_list_is_found_and_hardly_anything_else() {
    let place = Place::new();
    let mut told = Vec::new();
    let list = hashes(1..=20_000);
    let built =
        build(&mut Cursor::new(&list), SEEN_ONCE, &place.target(), &mut |stage| told.push(stage)).unwrap();
    assert_eq!(built, Built { lines: 20_000, passwords: 20_000, bytes: 14 * 4096 });
    assert_eq!(fs::metadata(place.target()).unwrap().len(), built.bytes);
    assert_eq!(told[19_999], Stage::Reading(20_000));
    assert_eq!(told.last(), Some(&Stage::Writing { done: 20_000, of: 20_000 }));
    let file = place.open();
    assert_eq!(file.passwords().unwrap(), 20_000);
    assert!((1..=20_000).all(|number: u32| file.knows(&sha1(&number.to_string())).unwrap()));
    let wrong = (20_001..=220_000).filter(|number| file.knows(&sha1(&number.to_string())).unwrap()).count();
    assert!(wrong <= 40, "{wrong} of 200000");
}

#[test]
fn the_order_of_a_list_and_what_occurs_twice_make_no_difference() {
    let (one, other) = (Place::new(), Place::new());
    let list = hashes(1..=500);
    let mut lines: Vec<&str> = list.lines().collect();
    lines.sort_unstable();
    one.build(&list, SEEN_ONCE).unwrap();
    other.build(&lines.join("\n"), SEEN_ONCE).unwrap();
    assert_eq!(fs::read(one.target()).unwrap(), fs::read(other.target()).unwrap());
    let twice = Place::new();
    assert_eq!(twice.build("password\npassword\n\n", ListForm::Plain).unwrap().passwords, 2);
    assert!(twice.open().knows(&sha1("password")).unwrap());
}

#[test]
fn passwords_that_were_seen_seldom_can_be_left_out() {
    let place = Place::new();
    let built = place.build(&hashes(1..=100), ListForm::Hashes { min_count: 91 }).unwrap();
    assert_eq!((built.lines, built.passwords), (100, 10));
    assert!(place.open().knows(&sha1("100")).unwrap());
    assert!(!place.open().knows(&sha1("90")).unwrap());
}

#[test]
fn a_list_that_is_refused_leaves_what_was_there_and_nothing_else() {
    let place = Place::new();
    place.build("password", ListForm::Plain).unwrap();
    let before = fs::read(place.target()).unwrap();
    let line = place.build(&(hashes(1..=2) + "password\n"), SEEN_ONCE).unwrap_err();
    assert!(line.to_string().starts_with("line 3 is no line of such a list: "), "{line}");
    assert!(matches!(place.build("\n\n", SEEN_ONCE), Err(BuildError::Empty)));
    assert!(matches!(place.build(&hashes(1..=2), ListForm::Hashes { min_count: 3 }), Err(BuildError::Empty)));
    assert_eq!(fs::read(place.target()).unwrap(), before);
    assert_eq!(place.files(), ["breached.pcbf"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let place = Place::new();
    let nowhere = place.0.path().join("missing/breached.pcbf");
    let error = build(&mut Cursor::new("password"), ListForm::Plain, &nowhere, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("missing/breached.pcbf"), "{error}");
}

#[tokio::test]
async fn another_file_in_its_place_is_noticed_and_a_missing_one_borne() {
    let place = Place::new();
    place.build("first password", ListForm::Plain).unwrap();
    let file = place.open();
    let knows = async |text: &str| file.is_breached(&Password::from(text)).await;
    assert_eq!(knows("first password").await, Ok(true));
    place.build("second password\nthird password", ListForm::Plain).unwrap();
    assert_eq!(knows("second password").await, Ok(true));
    assert_eq!(knows("first password").await, Ok(false));
    fs::remove_file(place.target()).unwrap();
    assert_eq!(knows("third password").await, Ok(true));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_does_not_take_the_place_of_one_that_can() {
    let place = Place::new();
    place.build("first password", ListForm::Plain).unwrap();
    let file = place.open();
    let knows = async |text: &str| file.is_breached(&Password::from(text)).await;
    assert_eq!(knows("first password").await, Ok(true));
    let junk = place.0.path().join("junk");
    fs::write(&junk, "something else").unwrap();
    fs::rename(&junk, place.target()).unwrap();
    for _ in 0..2 {
        assert_eq!(knows("first password").await, Ok(true));
        assert_eq!(knows("second password").await, Ok(false));
    }
    place.build("second password", ListForm::Plain).unwrap();
    assert_eq!(knows("second password").await, Ok(true));
    // What was written over is gone.
    fs::write(place.target(), "something else").unwrap();
    let cause = knows("second password").await.unwrap_err().cause;
    assert!(cause.contains("is no file of breached passwords"), "{cause}");
}

#[test]
fn what_is_no_such_file_is_not_opened() {
    let place = Place::new();
    assert!(matches!(place.open().passwords(), Err(Opening::Io { .. })));
    for content in [Vec::new(), b"password\n".to_vec(), vec![0; 8192]] {
        fs::write(place.target(), content).unwrap();
        assert!(matches!(place.open().passwords(), Err(Opening::Form { .. })));
    }
    place.build(&hashes(1..=5000), SEEN_ONCE).unwrap();
    File::options().write(true).open(place.target()).unwrap().set_len(8192).unwrap();
    let error = place.open().passwords().unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
}
