//! What becomes of files that change, without waiting for the time to look at them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::*;
use crate::config::meant::NamedFile;

struct Place {
    directory: TempDir,
    watch: Watch,
}

impl Place {
    /// With a certificate in the files, which is served.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| NamedFile { path: directory.path().join(name), cited: name.to_owned() };
        let files = CertificateFiles { cert: file("cert"), key: file("key") };
        let (cert, key) = pair();
        fs::write(&files.cert.path, cert).unwrap();
        fs::write(&files.key.path, key).unwrap();
        let first = tls::read(&files, Environment::Development, SystemClock.now()).unwrap();
        let watch = Watch::new(files, Environment::Development, Arc::new(Served::new(Some(first))));
        Self { directory, watch }
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.directory.path().join(file), text).unwrap();
    }

    /// As programs do that know how: the new file is whole before it has the name.
    fn put(&self, file: &str, text: &str) {
        self.write("new", text);
        fs::rename(self.directory.path().join("new"), self.directory.path().join(file)).unwrap();
    }

    fn shown(&self) -> CertificateDer<'static> {
        self.watch.served.identity().unwrap().cert.first().unwrap().clone()
    }

    fn is_told(&self) -> Option<bool> {
        self.watch.refused.as_ref().map(|refused| refused.is_told)
    }
}

fn pair() -> (String, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

#[tokio::test]
async fn a_new_pair_is_served_and_an_old_one_stays() {
    let mut place = Place::new();
    let first = place.shown();
    place.watch.look(Occasion::Tick).await;
    place.watch.look(Occasion::HangUp).await;
    assert_eq!(place.shown(), first);
    let (cert, key) = pair();
    place.put("cert", &cert);
    place.put("key", &key);
    place.watch.look(Occasion::Tick).await;
    assert_ne!(place.shown(), first);
    assert_eq!(place.is_told(), None);
}

#[tokio::test]
async fn a_pair_that_is_half_there_is_waited_for_and_alarms_nobody() {
    let mut place = Place::new();
    let first = place.shown();
    let (cert, key) = pair();
    place.put("cert", &cert);
    place.watch.look(Occasion::Tick).await;
    assert_eq!((place.shown(), place.is_told()), (first.clone(), Some(false)));
    place.put("key", &key);
    place.watch.look(Occasion::Tick).await;
    assert_ne!(place.shown(), first);
    assert_eq!(place.is_told(), None);
}

#[tokio::test]
async fn what_stays_bad_is_told_at_the_second_look_and_the_one_before_is_kept() {
    let mut place = Place::new();
    let first = place.shown();
    place.write("cert", "swordfish");
    for told in [false, true, true] {
        place.watch.look(Occasion::Tick).await;
        assert_eq!((place.shown(), place.is_told()), (first.clone(), Some(told)));
    }
    // Another fault is other news.
    fs::remove_file(place.directory.path().join("cert")).unwrap();
    place.watch.look(Occasion::Tick).await;
    assert_eq!(place.is_told(), Some(false));
    place.watch.look(Occasion::HangUp).await;
    assert_eq!((place.shown(), place.is_told()), (first, Some(true)));
}

#[tokio::test]
async fn what_was_bad_is_looked_at_again_even_if_nothing_seems_to_change() {
    let mut place = Place::new();
    let first = place.shown();
    let (cert, key) = pair();
    place.write("cert", &cert);
    place.watch.look(Occasion::Tick).await;
    place.write("key", &key);
    // A file system with a coarse clock shows no difference.
    place.watch.seen =
        Some([see(&place.watch.files.cert.path).await, see(&place.watch.files.key.path).await]);
    place.watch.look(Occasion::Tick).await;
    assert_ne!(place.shown(), first);
}

#[tokio::test]
async fn a_pair_behind_links_is_seen_when_the_links_lead_elsewhere() {
    let mut place = Place::new();
    let first = place.shown();
    // As Kubernetes mounts secrets: the files are links through a link to a directory.
    let (cert, key) = pair();
    let at = |name: &str| place.directory.path().join(name);
    fs::create_dir(at("new")).unwrap();
    fs::write(at("new/cert"), cert).unwrap();
    fs::write(at("new/key"), key).unwrap();
    fs::create_dir(at("old")).unwrap();
    for name in ["cert", "key"] {
        fs::rename(at(name), at("old").join(name)).unwrap();
        std::os::unix::fs::symlink(format!("data/{name}"), at(name)).unwrap();
    }
    std::os::unix::fs::symlink("old", at("data")).unwrap();
    place.watch.look(Occasion::Tick).await;
    assert_eq!(place.shown(), first);
    std::os::unix::fs::symlink("new", at("data.new")).unwrap();
    fs::rename(at("data.new"), at("data")).unwrap();
    place.watch.look(Occasion::Tick).await;
    assert_ne!(place.shown(), first);
}
