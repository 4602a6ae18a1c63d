#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::Mapping;
use super::super::shape::{MONGOOSE, SEQUELIZE_USERS, USERNAME_PASSWORD, USERS_COOKIES};
use super::*;

const BCRYPT: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn plan(shape: &'static super::super::shape::Shape) -> Plan {
    Plan {
        shape,
        mapping: Mapping::default(),
        cut_over: Timestamp::from_seconds(1_800_000_000),
        now: Timestamp::from_seconds(1_800_000_000),
        without_password: WithoutPassword::Refuse,
    }
}

/// A good row with some cells put in their place.
fn with(plan: &Plan, cells: &[(Field, Cell)]) -> ReadRow {
    let mut all = vec![
        (Field::Id, Cell::Integer(7)),
        (Field::Email, text("Ada@Example.com")),
        (Field::Username, text("ada")),
        (Field::Password, text(BCRYPT)),
    ];
    for (field, cell) in cells {
        all.retain(|(known, _)| known != field);
        all.push((*field, cell.clone()));
    }
    read(SourceRow::of(all), &Rules::of(plan))
}

fn refusal(plan: &Plan, cells: &[(Field, Cell)]) -> Reason {
    match with(plan, cells).outcome {
        Err(reason) => reason,
        Ok(_) => panic!("it came"),
    }
}

#[test]
fn a_row_becomes_the_account_that_it_was() {
    let plan = plan(&USERS_COOKIES);
    let cells = [
        (Field::Name, text("Ada")),
        (Field::Bio, text("")),
        (Field::Role, text("admin")),
        (Field::CreatedAt, text("2024-09-16 11:00:00.000 +00:00")),
        (Field::UpdatedAt, Cell::Integer(1_726_484_401)),
        (Field::Disabled, Cell::Flag(true)),
    ];
    let row = with(&plan, &cells);
    let record = row.outcome.ok().unwrap().record(99, &plan);
    let account = &record.account;
    assert_eq!((account.role, account.profile.name.as_deref()), (Role::Admin, Some("Ada")));
    assert_eq!(account.profile.bio.as_deref(), Some(""));
    assert_eq!(account.email.as_ref().map(Email::as_str), Some("Ada@Example.com"));
    assert_eq!(account.created_at.as_millis(), 1_726_484_400_000);
    assert_eq!(account.updated_at.as_millis(), 1_726_484_401_000);
    assert_eq!(account.disabled_at, Some(account.updated_at));
    assert_eq!(account.cut_over_at, Some(plan.cut_over));
    assert_eq!(record.password.unwrap().hash.as_str(), BCRYPT);
    assert_eq!((row.name.as_deref(), row.strange_role), (Some("7"), None));
}

#[test]
fn every_fault_of_a_row_has_its_reason() {
    let (email, username) = (plan(&SEQUELIZE_USERS), plan(&USERNAME_PASSWORD));
    let too_expensive = BCRYPT.replace("$10$", "$31$");
    for (cell, reason) in [
        ((Field::Id, Cell::Null), Reason::NoId),
        ((Field::Id, text("")), Reason::NoId),
        ((Field::Id, Cell::Integer(0)), Reason::Id),
        ((Field::Id, Cell::Integer(-1)), Reason::Id),
        ((Field::Id, Cell::Integer(i64::MAX)), Reason::Id),
        ((Field::Id, Cell::integer("18446744073709551615")), Reason::Id),
        ((Field::Id, text(&"x".repeat(256))), Reason::Id),
        ((Field::Id, text("a\0")), Reason::Id),
        ((Field::Id, Cell::Strange), Reason::Id),
        ((Field::Email, Cell::Null), Reason::NoEmail),
        ((Field::Email, text("")), Reason::NoEmail),
        ((Field::Email, text(&"x".repeat(255))), Reason::Email),
        ((Field::Email, text("a\n@b.c")), Reason::Email),
        ((Field::Email, Cell::Bytes(vec![0xff])), Reason::Email),
        ((Field::Username, text(&"x".repeat(256))), Reason::Username),
        ((Field::Password, Cell::Null), Reason::NoPassword),
        ((Field::Password, text("")), Reason::NoPassword),
        ((Field::Password, text("hunter2")), Reason::HashUnknown),
        ((Field::Password, text("$2b$10$abc")), Reason::HashMalformed),
        ((Field::Password, Cell::Bytes(vec![0xff])), Reason::HashMalformed),
        ((Field::Password, text(&too_expensive)), Reason::HashTooExpensive),
        ((Field::Name, text(&"x".repeat(201))), Reason::Profile),
        ((Field::Bio, text("a\0b")), Reason::Profile),
        ((Field::Contact, Cell::Flag(true)), Reason::Profile),
        ((Field::CreatedAt, text("yesterday")), Reason::Time),
        ((Field::UpdatedAt, Cell::Flag(true)), Reason::Time),
        ((Field::Disabled, text("perhaps")), Reason::Disabled),
    ] {
        assert_eq!(refusal(&email, &[cell]), reason);
    }
    assert_eq!(refusal(&username, &[(Field::Username, Cell::Null)]), Reason::NoUsername);
}

#[test]
fn an_account_may_come_without_a_password_when_that_is_wanted() {
    let plan = Plan { without_password: WithoutPassword::Keep, ..plan(&SEQUELIZE_USERS) };
    let candidate = with(&plan, &[(Field::Password, text(""))]).outcome.ok().unwrap();
    assert!(candidate.password.is_none());
    assert_eq!(refusal(&plan, &[(Field::Password, text("hunter2"))]), Reason::HashUnknown);
}

#[test]
fn what_is_no_number_is_an_external_id_and_an_object_id_tells_its_time() {
    let plan = plan(&MONGOOSE);
    let candidate = with(&plan, &[(Field::Id, text("65f000000000000000000001"))]).outcome.ok().unwrap();
    assert_eq!((candidate.number(), candidate.external_id()), (None, Some("65f000000000000000000001")));
    assert_eq!(candidate.created_at, Some(Timestamp::from_seconds(0x65f0_0000)));
    let account = candidate.record(12, &plan).account;
    assert_eq!((account.number, account.external_id.as_deref()), (12, Some("65f000000000000000000001")));
}

#[test]
fn case_counts_in_a_username_where_it_did() {
    let key = |plan: &Plan| {
        let candidate = with(plan, &[(Field::Username, text("Ada L"))]).outcome.ok().unwrap();
        candidate.username.unwrap().key().to_owned()
    };
    assert_eq!(key(&plan(&USERNAME_PASSWORD)), "Ada L");
    assert_eq!(key(&plan(&SEQUELIZE_USERS)), "ada l");
}

#[test]
fn a_word_for_a_role_that_is_none_of_ours_is_told_and_makes_a_user() {
    let plan = plan(&MONGOOSE);
    for (cell, word) in [(text("editor"), "editor"), (text("Admin"), "Admin"), (Cell::Strange, "")] {
        let row = with(&plan, &[(Field::Role, cell)]);
        assert_eq!(row.strange_role.as_deref(), Some(word));
        assert_eq!(row.outcome.ok().unwrap().role, Role::User);
    }
}
