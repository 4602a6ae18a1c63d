//! What does a row say, and why can it not come?

use portcullis_core::crypto::password::{HashFormatError, StoredHash};
use portcullis_core::model::{Email, Profile, Role, Timestamp, Username};

use super::candidate::{Candidate, account_id};
use super::cell::{Cell, SourceId, Unfit};
use super::mapping::Wanted;
use super::report::Reason;
use super::shape::{Field, Need, UsernameRule};
use super::source::SourceRow;
use super::{Plan, WithoutPassword, token};

/// The longest external id, in bytes.
const EXTERNAL_ID_BYTES: usize = 255;
/// The last number is never given, so that there is always one for the next account.
const LAST_NUMBER: i64 = i64::MAX - 1;

/// A row that was read.
pub(super) struct ReadRow {
    pub(super) ordinal: usize,
    pub(super) place: u64,
    /// The id it had, as far as it can be shown.
    pub(super) name: Option<String>,
    /// The word for its role, when that is none of ours.
    pub(super) strange_role: Option<String>,
    pub(super) outcome: Result<Candidate, Reason>,
}

/// By which rules rows are read.
pub(super) struct Rules<'p> {
    plan: &'p Plan,
    needs_id: bool,
}

impl<'p> Rules<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let is_id = |wanted: &Wanted| wanted.field == Field::Id && wanted.need == Need::Required;
        Self { plan, needs_id: plan.mapping.wanted(plan.shape).iter().any(is_id) }
    }
}

/// Reads a row.
pub(super) fn read(mut row: SourceRow, rules: &Rules<'_>) -> ReadRow {
    let (ordinal, place) = (row.ordinal, row.place);
    let id = row.take(Field::Id);
    let name = match id.clone().into_id() {
        Ok(Some(SourceId::Number(number))) => Some(number.to_string()),
        Ok(Some(SourceId::Other(text))) if text.len() <= EXTERNAL_ID_BYTES => Some(text),
        _ => None,
    };
    let (role, strange_role) = role(row.take(Field::Role));
    let outcome = candidate(row, id, role, rules);
    ReadRow { ordinal, place, name, strange_role, outcome }
}

fn candidate(mut row: SourceRow, id: Cell, role: Role, rules: &Rules<'_>) -> Result<Candidate, Reason> {
    let plan = rules.plan;
    let source_id = source_id(id, rules)?;
    let email = text(row.take(Field::Email), Reason::Email)?;
    let email = email.map(|text| Email::lenient(&text).map_err(|_| Reason::Email)).transpose()?;
    let username = text(row.take(Field::Username), Reason::Username)?;
    let username = username.map(|text| username_of(&text, plan)).transpose()?;
    match plan.shape.identifier {
        Field::Username if username.is_none() => return Err(Reason::NoUsername),
        Field::Username => {}
        _ if email.is_none() => return Err(Reason::NoEmail),
        _ => {}
    }
    let of_profile = |cell: Cell| cell.into_text().map_err(|Unfit| Reason::Profile);
    let profile = Profile {
        name: of_profile(row.take(Field::Name))?,
        bio: of_profile(row.take(Field::Bio))?,
        contact: of_profile(row.take(Field::Contact))?,
    };
    profile.check().map_err(|_| Reason::Profile)?;
    let time = |cell: Cell| cell.into_time().map_err(|Unfit| Reason::Time);
    let made_at = source_id.as_ref().and_then(object_id_time);
    let created_at = time(row.take(Field::CreatedAt))?.or(made_at);
    let updated_at = time(row.take(Field::UpdatedAt))?;
    let disabled = row.take(Field::Disabled).into_disabled().map_err(|Unfit| Reason::Disabled)?;
    let password = password(row.take(Field::Password), plan)?;
    let token = row.take(Field::RefreshToken);
    let token = if token.is_blank() { None } else { Some(token.into_text()) };
    let token = token.map(|text| token::judge(&text.ok().flatten().unwrap_or_default(), plan));
    Ok(Candidate {
        id: account_id(source_id.as_ref(), email.as_ref(), username.as_ref(), created_at),
        source_id,
        email,
        username,
        profile,
        role,
        password,
        disabled,
        created_at,
        updated_at,
        token,
    })
}

fn source_id(cell: Cell, rules: &Rules<'_>) -> Result<Option<SourceId>, Reason> {
    let id = cell.into_id().map_err(|Unfit| Reason::Id)?;
    match &id {
        None if rules.needs_id => Err(Reason::NoId),
        Some(SourceId::Number(number)) if !(1..=LAST_NUMBER).contains(number) => Err(Reason::Id),
        Some(SourceId::Other(text)) if text.len() > EXTERNAL_ID_BYTES || text.contains(char::is_control) => {
            Err(Reason::Id)
        }
        _ => Ok(id),
    }
}

/// A text where an empty one is nothing.
fn text(cell: Cell, reason: Reason) -> Result<Option<String>, Reason> {
    if cell.is_blank() {
        return Ok(None);
    }
    cell.into_text().map_err(|Unfit| reason)
}

fn username_of(text: &str, plan: &Plan) -> Result<Username, Reason> {
    let username = match plan.shape.usernames {
        UsernameRule::Folded => Username::lenient(text),
        UsernameRule::Exact => Username::exact(text),
    };
    username.map_err(|_| Reason::Username)
}

fn password(cell: Cell, plan: &Plan) -> Result<Option<StoredHash>, Reason> {
    let hash = text(cell, Reason::HashMalformed)?;
    match (hash, plan.without_password) {
        (Some(hash), _) => StoredHash::parse(&hash).map(Some).map_err(|error| match error {
            HashFormatError::Unknown => Reason::HashUnknown,
            HashFormatError::Malformed => Reason::HashMalformed,
            HashFormatError::TooExpensive { .. } => Reason::HashTooExpensive,
        }),
        (None, WithoutPassword::Keep) => Ok(None),
        (None, WithoutPassword::Refuse) => Err(Reason::NoPassword),
    }
}

/// The role, and the word for it when that is none of ours.
fn role(cell: Cell) -> (Role, Option<String>) {
    if cell.is_blank() {
        return (Role::User, None);
    }
    match cell.into_text() {
        Ok(Some(word)) => Role::parse(&word).map_or((Role::User, Some(word)), |role| (role, None)),
        _ => (Role::User, Some(String::new())),
    }
}

/// When a row was made, as far as it says so, and its number, if it has one.
pub(super) fn made_at(cells: Vec<(Field, Cell)>) -> (Option<Timestamp>, Option<i64>) {
    let (mut time, mut id) = (None, None);
    for (field, cell) in cells {
        match field {
            Field::CreatedAt => time = cell.into_time().ok().flatten(),
            Field::Id => id = cell.into_id().ok().flatten(),
            _ => {}
        }
    }
    let time = time.or_else(|| id.as_ref().and_then(object_id_time));
    match id {
        Some(SourceId::Number(number)) if number <= LAST_NUMBER => (time, Some(number)),
        _ => (time, None),
    }
}

/// MongoDB's ids begin with the second in which they were made.
fn object_id_time(id: &SourceId) -> Option<Timestamp> {
    let SourceId::Other(id) = id else { return None };
    if id.len() != 24 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(id.get(..8)?, 16).ok().map(|seconds| Timestamp::from_seconds(seconds.into()))
}

#[cfg(test)]
mod tests;
