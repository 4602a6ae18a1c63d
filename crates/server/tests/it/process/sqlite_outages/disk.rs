//! Where does a test get a disk that it may fill or make read-only?

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustix::process::getuid;
use tempfile::TempDir;

use crate::process::deployment::Deployment;

const NEEDS: &str = "this test makes a small disk with `unshare --mount` and `mount -t tmpfs`: run it on Linux as root, \
                     or as a user who may make user namespaces (sysctl kernel.unprivileged_userns_clone=1 \
                     kernel.apparmor_restrict_unprivileged_userns=0)";

/// A disk in memory, which only processes that it launches see: it is gone with the process that holds it, and that
/// one ends with the test.
pub(super) struct Disk {
    holder: Child,
    place: PathBuf,
    launcher: Vec<String>,
    _directory: Arc<TempDir>,
}

impl Disk {
    /// Makes a disk of so many MiB, with the data directory of the deployment on it.
    pub(super) fn under(deployment: Deployment, size_mib: u32) -> (Self, Deployment) {
        let place = deployment.directory().join("disk");
        fs::create_dir(&place).unwrap();
        let mut holder = Command::new("unshare");
        if !getuid().is_root() {
            holder.args(["--user", "--map-root-user"]);
        }
        let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$0\" && echo made && exec cat";
        holder.args(["--mount", "sh", "-c", script]).arg(&place).arg(format!("{size_mib}m"));
        let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(NEEDS);
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "made\n", "{NEEDS}");

        let mut launcher =
            vec!["nsenter".to_owned(), format!("--target={}", holder.id()), "--mount".to_owned()];
        if !getuid().is_root() {
            launcher.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        launcher.push(format!("--wd={}", deployment.directory().display()));
        let words: Vec<&str> = launcher.iter().map(String::as_str).collect();
        let deployment =
            deployment.launched_by(&words).with("PORTCULLIS_DATA_DIR", place.join("data").to_str().unwrap());
        (Self { holder, place, launcher, _directory: deployment.hold() }, deployment)
    }

    /// A path on the disk, for those who do not see it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.place.strip_prefix("/").unwrap()).join(name)
    }

    /// Leaves no free byte.
    pub(super) fn fill(&self) {
        let mut filler = File::create(self.path("filler")).unwrap();
        let page = [0xa5; 4096];
        let refusal = std::iter::repeat_with(|| filler.write_all(&page)).find_map(Result::err).unwrap();
        assert_eq!(refusal.kind(), ErrorKind::StorageFull);
    }

    /// Frees what [`Self::fill`] took.
    pub(super) fn make_room(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }

    /// Makes it read-only (`ro`) or writable (`rw`). Refused while a file on it is open for writing.
    pub(super) fn remount(&self, access: &str) {
        let mut mount = Command::new(&self.launcher[0]);
        mount
            .args(&self.launcher[1..])
            .args(["mount", "-o", &format!("remount,bind,{access}")])
            .arg(&self.place);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
