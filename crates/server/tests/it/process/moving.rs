//! Does everything get into another database, so that nobody but the operator notices?

use std::fs;
use std::path::Path;
use std::process::Stdio;

use portcullis_core::model::{AccountId, Email, PageRequest, Profile, Role, Timestamp};
use portcullis_core::ports::Store;
use portcullis_core::testing::{NOW, password_hash};
use portcullis_every_engine::every_server;
use portcullis_store::testing::{TestDatabase, TestEngine};
use portcullis_store::transfer::{AccountRecord, FileWriter, Header, PasswordRecord, Record};
use portcullis_store::{DatabaseOptions, SqlStore, SqliteOptions};
use serde_json::Value;

use super::client::Tokens;
use super::deployment::{Deployment, mode_of};
use super::server::{Server, eventually};
use crate::engine;

const PASSWORD: &str = "correct horse battery";
const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";
const EXPORT: &str = "export.jsonl";

fn deployment() -> Deployment {
    Deployment::new().with("PORTCULLIS_MASTER_KEY", MASTER_KEY)
}

/// The clients of a server that is about to move, and one that logged out.
struct Clients {
    alice: Tokens,
    bob: Tokens,
    gone: Tokens,
    kids: Vec<String>,
}

impl Clients {
    async fn of(server: &Server) -> Self {
        let api = server.api();
        let alice = api.newcomer("alice", PASSWORD).await;
        let bob = api.newcomer("bob", PASSWORD).await;
        let gone = api.log_in("bob", PASSWORD).await.unwrap().tokens();
        let bob = api.refresh(&bob.refresh).await.unwrap().tokens();
        api.log_out(&gone.access).await.unwrap();
        Self { alice, bob, gone, kids: api.published_kids().await }
    }

    /// They go on at another server as if nothing had happened.
    async fn go_on_at(&mut self, server: &Server) {
        let api = server.api();
        assert_eq!(api.published_kids().await, self.kids);
        for tokens in [&mut self.alice, &mut self.bob] {
            api.check(&tokens.access).await.unwrap().expect(200);
            *tokens = api.refresh(&tokens.refresh).await.unwrap().tokens();
        }
        assert_eq!(api.check(&self.gone.access).await.unwrap().refusal(401), "session_ended");
        assert_eq!(api.refresh(&self.gone.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
        api.log_in("alice", PASSWORD).await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn nobody_notices_an_export_and_import_into_another_engine() {
    let here = deployment();
    let server = here.start().await;
    let mut clients = Clients::of(&server).await;
    drop(server);
    let exported = here.run(&["export", "--output", EXPORT, "--json"]).json();
    assert_eq!((&exported["records"]["accounts"], &exported["records"]["sessions"]), (&2.into(), &3.into()));
    assert_eq!(mode_of(&here.directory().join(EXPORT)), 0o600);
    assert!(!here.directory().join("export.jsonl.part").exists());

    let file = here.directory().join(EXPORT);
    let file = file.to_str().unwrap();
    for engine in [TestEngine::Postgres, TestEngine::MariaDb, TestEngine::Sqlite] {
        let there = deployment_on(engine).await;
        let foreseen = there.run(&["import", file, "--dry-run", "--json"]).json();
        let done = there.run(&["import", file, "--json"]).json();
        assert_eq!((&foreseen["dry_run"], &done["dry_run"]), (&true.into(), &false.into()));
        assert_eq!(
            (&done["records"], &done["password_hashes"]),
            (&foreseen["records"], &foreseen["password_hashes"])
        );
        assert_eq!(done["records"]["accounts"]["new"], 2);
        assert_eq!(done["password_hashes"]["bcrypt 04"], 2);
        let again = there.run(&["import", file, "--json"]).json();
        assert_eq!(
            (&again["records"]["accounts"]["new"], &again["records"]["accounts"]["there"]),
            (&0.into(), &2.into())
        );
    }
    let there = deployment();
    there.run(&["import", file]).text();
    clients.go_on_at(&there.start().await).await;
}

async fn deployment_on(engine: TestEngine) -> Deployment {
    match engine {
        TestEngine::Sqlite => deployment(),
        TestEngine::Postgres | TestEngine::MariaDb => deployment().on(&TestDatabase::new(engine).await),
    }
}

#[tokio::test]
async fn nobody_notices_a_move_from_engine_to_engine_and_back() {
    let mut place = deployment();
    let mut server = place.start().await;
    let mut clients = Clients::of(&server).await;
    for engine in [TestEngine::Postgres, TestEngine::MariaDb, TestEngine::Sqlite] {
        let database = TestDatabase::new(engine).await;
        let mut move_there = vec!["move", "--to", database.url()];
        if let Some(schema) = database.schema() {
            move_there.extend(["--to-schema", schema]);
        }
        // Once beside the server, as long as it takes.
        let foreseen = place.run(&[&move_there[..], &["--dry-run", "--json"]].concat()).json();
        // The move itself adds an entry to the log, and the server seals it, perhaps after it was copied.
        let first = place.run(&[&move_there[..], &["--json"]].concat());
        assert!(matches!(first.code, Some(0 | 1)), "{first:?}");
        let first: Value = serde_json::from_str(&first.stdout).unwrap();
        let but_for_the_log = |counts: &Value| {
            let mut counts = counts.clone();
            let counts = counts.as_object_mut().unwrap();
            let [events, _] = ["audit_events", "audit_seals"].map(|kind| counts.remove(kind).unwrap());
            (counts.clone(), events.as_u64().unwrap())
        };
        let (others, events) = but_for_the_log(&first["records"]);
        let (foreseen, events_foreseen) = but_for_the_log(&foreseen["differences"]["new"]);
        assert_eq!(others, foreseen, "{first:#}");
        assert!(events > events_foreseen, "the log says that all went out: {first:#}");
        // Then things happen, and once more when it has stopped.
        clients.bob = server.api().refresh(&clients.bob.refresh).await.unwrap().tokens();
        server.api().newcomer(&format!("on-{engine:?}"), PASSWORD).await;
        server.terminate();
        server.end().await;
        let text = place.run(&move_there).text();
        assert!(text.contains("are the same"), "{text}");

        place = match engine {
            TestEngine::Sqlite => deployment().with("PORTCULLIS_DATABASE_URL", database.url()),
            TestEngine::Postgres | TestEngine::MariaDb => deployment().on(&database),
        };
        server = place.start().await;
        clients.go_on_at(&server).await;
        server.api().log_in(&format!("on-{engine:?}"), PASSWORD).await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn a_move_never_touches_a_database_that_is_in_use() {
    let (here, there) = (deployment(), deployment());
    drop(here.start().await);
    drop(there.start().await);
    let before = there.run(&["export", "--output", "-"]).stdout;
    let url = format!("sqlite:{}", there.database().display());
    for arguments in [&["move", "--to", &url][..], &["move", "--to", &url, "--dry-run"]] {
        let complaint = here.run(arguments).complaint(1);
        assert!(complaint.contains("in use") && complaint.contains("nothing was written"), "{complaint}");
    }
    let after = there.run(&["export", "--output", "-"]).stdout;
    // The first line holds the time, the last the checksum of all. Each export stands in the log before it is made.
    let records = |export: &str| {
        let all = export.lines().skip(1).filter(|line| !line.starts_with("{\"end\""));
        all.filter(|line| !line.contains("\"kind\":\"exported\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(records(&before).iter().any(|line| line.contains("server_started")), "{before}");
    assert_eq!(records(&before), records(&after));
    let exports = |export: &str| export.lines().count() - 2 - records(export).len();
    assert_eq!((exports(&before), exports(&after)), (1, 2), "a move that was refused has left nothing");
    let own = format!("sqlite:{}", here.database().display());
    assert!(here.run(&["move", "--to", &own]).complaint(1).contains("in use"));
    assert!(here.run_with_input(&["move", "--to", "-"], &own).complaint(1).contains("in use"));
    let nowhere = deployment().run(&["move", "--to", "sqlite:new.db"]).complaint(1);
    assert!(nowhere.contains("there is nothing in"), "{nowhere}");
    here.run(&["move"]).complaint(2);
}

#[tokio::test]
async fn the_target_of_a_move_may_be_told_where_nobody_sees_it() {
    let here = deployment();
    let mut clients = Clients::of(&here.start().await).await;
    let there = deployment();
    let url = format!("sqlite:{}", there.database().display());
    fs::create_dir(there.data_dir()).unwrap();
    let text = here.run_with_input(&["move", "--to", "-"], &format!(" {url} \r\nanother line\n")).text();
    assert!(text.contains("are the same"), "{text}");
    clients.go_on_at(&there.start().await).await;
    for nothing in ["", "\n", "  \nsqlite:x.db\n"] {
        let complaint = here.run_with_input(&["move", "--to", "-"], nothing).complaint(2);
        assert!(complaint.contains("stdin has no URL"), "{complaint}");
    }
    let help = here.run(&["move", "--help"]).text();
    assert!(help.contains("stdin"), "{help}");
    // A password in what is no URL is not repeated.
    let complaint =
        here.run_with_input(&["move", "--to", "-"], "postgres:/me:open-sesame@host/x\n").complaint(1);
    assert!(complaint.contains("--to") && !complaint.contains("sesame"), "{complaint}");
}

#[tokio::test]
async fn an_import_that_was_killed_in_the_middle_goes_on_when_it_is_run_again() {
    let deployment = deployment();
    let path = deployment.directory().join("many.jsonl");
    write_accounts(&path, 20_000);
    let mut child = deployment
        .command(&["import", "many.jsonl"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("accounts arrive", async || {
        if !deployment.database().exists() {
            return None;
        }
        (count(&deployment.database(), 1).await > 0).then_some(())
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    let arrived = count(&deployment.database(), 20_000).await;
    assert!((1..20_000).contains(&arrived), "{arrived}");

    let report = deployment.run(&["import", "many.jsonl", "--json"]).json();
    let accounts = &report["records"]["accounts"];
    let (new, there) = (accounts["new"].as_u64().unwrap(), accounts["there"].as_u64().unwrap());
    assert_eq!((new + there, accounts["conflicts"].as_u64()), (20_000, Some(0)));
    assert!(there >= arrived, "{there} of {arrived}");
    let exported = deployment.run(&["export", "--output", "-"]).stdout;
    let records = |text: &str| {
        text.lines().filter(|line| line.starts_with("{\"account\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(records(&exported), records(&fs::read_to_string(&path).unwrap()));
}

/// How many accounts a database has, as far as that matters.
async fn count(database: &Path, most: u32) -> u64 {
    let Ok(store) = SqlStore::open(&DatabaseOptions::Sqlite(SqliteOptions::new(database))).await else {
        return 0;
    };
    let (mut found, mut after) = (0, None);
    while let Ok(page) = store.list_accounts(PageRequest { after, limit: most.min(100) }).await {
        found += page.items.len() as u64;
        after = page.next;
        if after.is_none() || found >= u64::from(most) {
            break;
        }
    }
    store.close().await;
    found
}

fn write_accounts(path: &Path, count: i64) {
    let out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    let mut writer = FileWriter::begin(out, &Header::new(NOW.as_millis(), "sqlite")).unwrap();
    for number in 1..=count {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&number.to_be_bytes());
        let account = portcullis_core::model::Account {
            id: AccountId::new(Timestamp::from_millis(1), random),
            number,
            external_id: None,
            email: Some(Email::parse(&format!("person-{number}@example.com")).unwrap()),
            username: None,
            profile: Profile::default(),
            role: Role::User,
            disabled_at: None,
            cut_over_at: None,
            disowned_at: None,
            locale: None,
            email_verified_at: None,
            deletion: None,
            created_at: NOW,
            updated_at: NOW,
        };
        let password = Some(PasswordRecord { hash: password_hash("secret"), updated_at: NOW });
        writer.add(&Record::Account(AccountRecord { account, password })).unwrap();
    }
    writer.finish(count + 1).unwrap();
}

#[tokio::test]
async fn an_export_does_not_replace_a_file_unless_told_to() {
    let deployment = deployment();
    assert!(deployment.run(&["export", "--output", EXPORT]).complaint(1).contains("there is nothing in"));
    assert!(!deployment.data_dir().exists(), "an export makes nothing");
    drop(deployment.start().await);
    let path = deployment.directory().join(EXPORT);
    fs::write(&path, "precious").unwrap();
    let complaint = deployment.run(&["export", "--output", EXPORT]).complaint(1);
    assert!(complaint.contains("--force"), "{complaint}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    // What an export that was killed left behind is in nobody's way; it might be one that still runs.
    let part = deployment.directory().join("export.jsonl.part");
    fs::write(&part, "half").unwrap();
    let text = deployment.run(&["export", "--output", EXPORT, "--force"]).text();
    assert!(text.contains("as secret as the database"), "{text}");
    assert_eq!((mode_of(&path), fs::read_to_string(&part).unwrap()), (0o600, "half".to_owned()));
    assert!(!deployment.directory().join("export.jsonl.2.part").exists());
    deployment.run(&["import", EXPORT, "--dry-run"]).text();
    deployment.run(&["export"]).complaint(2);
    deployment.run(&["export", "--output", "-", "--json"]).complaint(2);
    assert!(deployment.run(&["export", "--output", "nowhere/file"]).complaint(1).contains("nowhere/file"));
}

#[tokio::test]
async fn an_import_refuses_what_is_damaged_or_sealed_with_another_key_and_writes_nothing() {
    let here = deployment();
    let server = here.start().await;
    server.api().newcomer("alice", PASSWORD).await;
    drop(server);
    here.run(&["export", "--output", EXPORT]).text();
    let good = fs::read_to_string(here.directory().join(EXPORT)).unwrap();
    let there = deployment();
    let import = |text: &str| {
        fs::write(there.directory().join(EXPORT), text).unwrap();
        there.run(&["import", EXPORT]).complaint(1)
    };
    assert!(import(&good.replace("alice", "malice")).contains("checksum"));
    assert!(import(&good[..good.len() / 2]).contains("line "));
    assert!(import("nonsense").contains("portcullis export"));
    assert!(import(&good.replacen("\"role\":\"user\"", "\"role\":\"root\"", 1)).contains("role"));
    assert!(!there.database().exists());

    let other_key = MASTER_KEY.replace('b', "c");
    let stranger = deployment().with("PORTCULLIS_MASTER_KEY", &other_key);
    let file = here.directory().join(EXPORT);
    let complaint = stranger.run(&["import", file.to_str().unwrap()]).complaint(1);
    assert!(complaint.contains("master key") && complaint.contains("nothing was written"), "{complaint}");
    assert!(!stranger.database().exists());

    // A server that has run has keys of its own.
    drop(there.start().await);
    let complaint = there.run(&["import", file.to_str().unwrap()]).complaint(1);
    assert!(complaint.contains("other signing keys"), "{complaint}");
    there.run(&["import", "absent.jsonl"]).complaint(1);
    there.run(&["import"]).complaint(2);
}

#[tokio::test]
async fn what_is_in_the_way_of_an_import_is_reported_and_fails_it() {
    let here = deployment();
    let server = here.start().await;
    let alice = server.api().newcomer("alice", PASSWORD).await;
    server.api().newcomer("bob", PASSWORD).await;
    drop(server);
    here.run(&["export", "--output", EXPORT]).text();
    let there = deployment();
    there.run(&["import", here.directory().join(EXPORT).to_str().unwrap()]).text();
    there.run(&["account", "set-role", "alice", "admin"]).text();
    for arguments in [&["import", EXPORT, "--dry-run"][..], &["import", EXPORT]] {
        fs::copy(here.directory().join(EXPORT), there.directory().join(EXPORT)).unwrap();
        let outcome = there.run(arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome.stdout.contains("account number 1: it is there already, with other content"),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains("1 records"), "{outcome:?}");
    }
    let outcome = there.run(&["import", EXPORT, "--json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (&report["conflicts"][0]["conflict"], &report["records"]["accounts"]["there"]),
        (&"differs".into(), &1.into())
    );
    let shown = there.run(&["account", "show", "alice", "--json"]).json();
    assert_eq!(shown["account"]["role"], "admin");
    there.start().await.api().check(&alice.access).await.unwrap().expect(200);
}

#[tokio::test]
async fn an_export_may_be_piped_into_an_import() {
    let (here, there) = (deployment(), deployment());
    let server = here.start().await;
    let mut clients = Clients::of(&server).await;
    drop(server);
    let export = here.run(&["export", "--output", "-"]);
    let import = |text: &str| there.run_with_input(&["import", "-", "--json"], text);
    let cut = import(&export.stdout[..export.stdout.len() - 10]);
    assert_eq!(cut.code, Some(1));
    assert!(cut.stderr.contains("stdin is read once") && cut.stderr.contains("cut off"), "{}", cut.stderr);
    // What came in before stays, and is passed over.
    let whole = import(&export.stdout);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    clients.go_on_at(&there.start().await).await;
}

#[every_server]
async fn nothing_but_the_move_goes_on_with_a_database_into_which_it_did_not_come_to_its_end() {
    let (source, database) = (deployment(), engine::database().await);
    drop(source.start().await);
    source.run(&["export", "--output", EXPORT]).text();
    let export = source.directory().join(EXPORT);
    let deployment = deployment().on(&database);
    deployment.run(&["migrate"]).text();
    database.execute("INSERT INTO jobs (name, held_by, held_until) VALUES ('move', 'under way', 0)").await;
    let import = ["import", export.to_str().unwrap()];
    let commands = [
        &["serve"][..],
        &["export", "--output", "half.jsonl"],
        &["move", "--to", "sqlite:new.db"],
        &import,
        &[&import[..], &["--dry-run"]].concat(),
    ];
    for command in commands {
        let complaint = deployment.run(command).complaint(1);
        assert!(
            complaint.contains("portcullis move") && complaint.contains("fix: run the move again"),
            "{command:?}: {complaint}"
        );
    }
    assert!(!deployment.directory().join("half.jsonl").exists());
    assert!(!deployment.directory().join("new.db").exists());
    database.execute("UPDATE jobs SET held_by = 'what it left' WHERE name = 'move'").await;
    deployment.start().await;
}
