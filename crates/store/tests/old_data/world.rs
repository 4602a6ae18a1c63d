//! What do old databases hold?
//!
//! Every version writes the same, so that this one knows what to expect of all of them. What is here does not change
//! any more: files hold it that were written long ago. What a later version can hold besides is added, and expected
//! only of files from then on.

#[path = "world/events.rs"]
mod events;
#[path = "world/mails.rs"]
pub(crate) mod mails;

use std::time::Duration;

use portcullis_core::crypto::MasterKey;
use portcullis_core::crypto::keyring::{KeyPurpose, KeyState};
use portcullis_core::crypto::password::StoredHash;
use portcullis_core::crypto::secret::Password;
use portcullis_core::model::session::SessionLifetime;
use portcullis_core::model::{
    Account, AccountId, Client, Email, Locale, NewSession, PendingDeletion, Profile, Revocation,
    RevokeReason, Role, Session, SessionId, Timestamp, Username,
};
use portcullis_core::policy::Policy;
use portcullis_core::policy::refresh::Rotations;
use portcullis_core::ports::store::Adoption;
use portcullis_store::transfer::AdoptedSession;
use uuid::Uuid;

pub(crate) use self::events::events;
pub(crate) use self::mails::{mails, new_mail, one_time_tokens};

/// When the databases were left as they are.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Until when a node has the job of clearing away, since 0007.
pub(crate) const HELD_UNTIL: Timestamp = Timestamp::from_millis(NOW.as_millis() + 50 * 60 * 1000);
/// How many accounts were created.
pub(crate) const LAST_NUMBER: i64 = 19;
/// The account that came from an older system, since [`ADOPTION`].
pub(crate) const IMPORTED: i64 = LAST_NUMBER + 1;
/// The version from which on an older system's accounts and sessions could be gone on with.
pub(crate) const ADOPTION: i64 = 9;
/// The version from which on accounts were written to.
pub(crate) const MAILS: i64 = 17;
/// The account that is about to be deleted, since [`MAILS`].
pub(crate) const LEAVING: i64 = 14;
/// From where account 1 has logged in.
pub(crate) const PLACE: [u8; 32] = [0xfe; 32];
/// Until when the adopted session is remembered.
pub(crate) const REMEMBERED_UNTIL: Timestamp =
    Timestamp::from_millis(NOW.as_millis() + 30 * 24 * 60 * 60 * 1000);
/// The accounts that were deleted: one in the middle, and the one with the highest number.
pub(crate) const DELETED: [i64; 2] = [5, LAST_NUMBER];

pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const GRACE: Duration = Duration::from_secs(30);
pub(crate) const LIFETIME: SessionLifetime = SessionLifetime {
    absolute: Duration::from_hours(30 * 24),
    idle: Duration::from_hours(14 * 24),
    access: mins(15),
};

pub(crate) const fn mins(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

/// So many minutes before [`NOW`].
pub(crate) fn ago(minutes: u64) -> Timestamp {
    NOW.minus(mins(minutes))
}

pub(crate) fn master_key() -> MasterKey {
    MasterKey::from_hex("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d").unwrap()
}

pub(crate) fn policy() -> Policy {
    let mut policy = Policy::new("https://auth.example");
    policy.session = LIFETIME;
    policy.refresh_grace = GRACE;
    policy
}

pub(crate) fn account_id(number: i64) -> AccountId {
    AccountId::from_uuid(uuid(0xa, number))
}

fn uuid(kind: u128, number: i64) -> Uuid {
    Uuid::from_u128(0x018c_0000_0000_7000_8000_0000_0000_0000 | kind << 32 | u128::try_from(number).unwrap())
}

/// An account that was not deleted, and what opens it.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) password: Option<(Password, StoredHash)>,
}

/// By growing number.
pub(crate) fn people(version: i64) -> Vec<Person> {
    let numbers = (1..=last_number(version)).filter(|number| !DELETED.contains(number));
    let of_version = |number| match version {
        ..ADOPTION => person(number),
        ADOPTION..MAILS => disowned(person(number)),
        _ => written_to(disowned(person(number))),
    };
    numbers.map(of_version).collect()
}

/// Since [`MAILS`] accounts have a language, an address may be verified, and one may be about to be deleted.
pub(crate) fn written_to(mut person: Person) -> Person {
    let account = &mut person.account;
    match account.number {
        1 => (account.locale, account.email_verified_at) = (Some(Locale::De), Some(ago(1000))),
        LEAVING => {
            let at = ago(2);
            account.deletion = Some(PendingDeletion { requested_at: at, due_at: NOW.plus(7 * DAY) });
            (account.disabled_at, account.disowned_at, account.updated_at) = (Some(at), Some(at), at);
        }
        _ => {}
    }
    person
}

/// Since [`ADOPTION`] an account whose sessions are all ended remembers when.
fn disowned(mut person: Person) -> Person {
    let minutes = match person.account.number {
        3 => Some(200),
        6 => Some(195),
        7 => Some(4),
        8 => Some(3),
        _ => None,
    };
    person.account.disowned_at = minutes.map(ago).or(person.account.disowned_at);
    person
}

/// How many account numbers were given.
pub(crate) const fn last_number(version: i64) -> i64 {
    if version < ADOPTION { LAST_NUMBER } else { IMPORTED }
}

pub(crate) fn person(number: i64) -> Person {
    let mut account = plain_account(number);
    match number {
        1 => {
            account.external_id = Some("64b7f3a1-ÄÖ-𝟙".to_owned());
            account.email = Email::parse("Zoë.Ωμέγα@Bücher.example").ok();
            account.username = Username::parse("Зоя-世界").ok();
            account.profile = Profile {
                name: Some("Zoë 𝓤𝓷𝓲 Ωμέγα שלום".to_owned()),
                bio: Some(
                    "Здравствуйте, 世界 👩‍👩‍👧‍👦\n\t'one' \"two\" `three` \\four\\ ; -- five %s ?\r\n ".to_owned(),
                ),
                contact: Some("☎ +49 30 1234567 \u{10ffff}".to_owned()),
            };
            account.role = Role::Admin;
            account.updated_at = ago(120);
        }
        2 => (account.email, account.username) = (None, None),
        3 => (account.disabled_at, account.updated_at) = (Some(ago(200)), ago(200)),
        4 => account.profile.bio = Some(String::new()),
        6 => account.updated_at = ago(190),
        7 => account.updated_at = ago(4),
        8 => account.username = None,
        9 => account.email = None,
        IMPORTED => (account.cut_over_at, account.disowned_at) = (Some(ago(90)), Some(ago(80))),
        _ => {}
    }
    let password = hash(number).map(|(password, hash)| (password.into(), StoredHash::parse(hash).unwrap()));
    Person { account, password }
}

fn plain_account(number: i64) -> Account {
    let created_at = NOW.minus(100 * DAY).plus(mins(u64::try_from(number).unwrap()));
    Account {
        id: account_id(number),
        number,
        external_id: None,
        email: Email::parse(&format!("person-{number}@example.com")).ok(),
        username: Username::parse(&format!("person-{number}")).ok(),
        profile: Profile::default(),
        role: Role::User,
        disabled_at: None,
        cut_over_at: None,
        disowned_at: None,
        locale: None,
        email_verified_at: None,
        deletion: None,
        created_at,
        updated_at: created_at,
    }
}

/// The password of an account, and its hash by another program than ours, where there is one that makes such.
fn hash(number: i64) -> Option<(&'static str, &'static str)> {
    Some(match number {
        2 | 4 => return None,
        8 => ("old-data-2a", "$2a$04$OldDataOldDataOldDataOoWRJ/D7gt4qMxC2HypBADb8Sa6W77.G"),
        9 => ("old-data-2x", "$2x$04$OldDataOldDataOldDataOUvAVu2I125/3hc0PlMJro11qMN1gXfi"),
        10 => ("old-data-2y", "$2y$04$OldDataOldDataOldDataOK6ntuuv/C3pgxN.Yv2LmnSsgJ/JbZ8i"),
        11 => (
            "password",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ),
        12 => (
            "password",
            "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
        ),
        13 => ("password", "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"),
        14 => (
            "old-data-scrypt",
            "$scrypt$ln=4,r=8,p=1$b2xkLWRhdGEtc2FsdA$Kv2i3a1sf/+7j9vJu/XYTFdK9+gK7T0HeSJEwYiHX0g",
        ),
        15 => (
            "old-data-pbkdf2",
            "$pbkdf2-sha256$i=1000,l=32$b2xkLWRhdGEtc2FsdA$Qk3OR2fRyMJSwt9I7JhbcUHsR/RWO/39GvJOE9o8Kao",
        ),
        16 => (
            "old-data-pbkdf2",
            "$pbkdf2-sha512$i=1000,l=32$b2xkLWRhdGEtc2FsdA$CN/s6CABcwfot/4cqsnxK282eKuxNrAhg1X4Ohkwu0o",
        ),
        17 => {
            ("old-data-django", "pbkdf2_sha256$1000$olddatasalt$rMbg2QKn43gB3FDIGwVfutKbGcPIDp9XxLFJ1BwnMLI=")
        }
        18 => ("password", "$pbkdf2$1000$8PHy8/T19vf4.fr7/P3./w$VLOwsbLMiNYZ2idBLbNFFCCq5.w"),
        _ => ("old-data-2b", "$2b$04$OldDataOldDataOldDataONqrpRe7D3BnZDcylCyFdf5qbE5dGC4."),
    })
}

/// The hash that account 7 had before its password was changed.
pub(crate) fn replaced_hash() -> StoredHash {
    StoredHash::parse(hash(8).unwrap().1).unwrap()
}

/// The sessions, by the number in their id.
pub(crate) mod number {
    /// Of account 1: exchanged twice within the grace.
    pub(crate) const LIVE: i64 = 1;
    /// Of account 1: ended while its access token was alive.
    pub(crate) const LOGGED_OUT: i64 = 2;
    /// Of account 1: its time is over.
    pub(crate) const EXPIRED: i64 = 3;
    /// Of account 7: ended because an exchanged refresh token came back from elsewhere.
    pub(crate) const STOLEN: i64 = 4;
    /// Of account 7: exchanged once, and a retry after the grace.
    pub(crate) const RETRIED: i64 = 5;
    /// Of account 6: begun with the account, ended when that was disabled.
    pub(crate) const DISABLED: i64 = 6;
    /// Of account 7: ended by a new password.
    pub(crate) const OUTDATED: i64 = 7;
    /// Of account 19: gone with it, but for its entry in the feed.
    pub(crate) const GONE: i64 = 8;
    /// Of account 2: from a client that told nothing of itself.
    pub(crate) const QUIET: i64 = 9;
    /// Of account 8: ended by an administrator with all others.
    pub(crate) const THROWN_OUT: i64 = 10;
    /// Of account 20: begun by an older system.
    pub(crate) const ADOPTED: i64 = 11;
}

pub(crate) fn session_id(number: i64) -> SessionId {
    SessionId::from_uuid(uuid(0x5, number))
}

pub(crate) fn new_session(number: i64) -> NewSession {
    let (account, client, created_at) = match number {
        number::LIVE => (1, tablet(), ago(60)),
        number::LOGGED_OUT => (1, phone(), ago(6)),
        number::EXPIRED => (1, phone(), NOW.minus(40 * DAY)),
        number::STOLEN | number::RETRIED => (7, phone(), ago(20)),
        number::DISABLED => (6, phone(), plain_account(6).created_at),
        number::OUTDATED => (7, tablet(), ago(7)),
        number::GONE => (LAST_NUMBER, phone(), ago(6)),
        number::QUIET => (2, Client::default(), ago(60)),
        number::THROWN_OUT => (8, phone(), ago(6)),
        number::ADOPTED => (IMPORTED, tablet(), ago(1)),
        other => panic!("there is no session {other}"),
    };
    NewSession {
        id: session_id(number),
        account_id: account_id(account),
        client,
        created_at,
        authenticated_at: created_at,
        lifetime: LIFETIME,
        limit: None,
        newcomer: None,
    }
}

/// What became of the sessions that are still there.
pub(crate) fn sessions(version: i64) -> Vec<Session> {
    let mut all = vec![
        number::LIVE,
        number::LOGGED_OUT,
        number::EXPIRED,
        number::STOLEN,
        number::RETRIED,
        number::DISABLED,
        number::OUTDATED,
        number::QUIET,
        number::THROWN_OUT,
    ];
    all.extend((version >= ADOPTION).then_some(number::ADOPTED));
    all.into_iter().map(session).collect()
}

pub(crate) fn session(number: i64) -> Session {
    let begun = new_session(number).begin();
    let exchanged = |generation, at: Timestamp, client| Session {
        generation,
        client,
        last_seen_at: at,
        idle_expires_at: at.plus(LIFETIME.idle),
        access_expires_at: at.plus(LIFETIME.access),
        ..begun.clone()
    };
    let rotations = |text: &str| Rotations::parse(text).unwrap();
    match number {
        number::LIVE => Session {
            rotations: rotations("1@1799999980000@1799999980000 2@1799999990000@1799999990000"),
            ..exchanged(3, seconds_ago(10), phone())
        },
        number::STOLEN => Session {
            rotations: rotations("2@1799999160000@1799999160000"),
            revoked: Some((ago(10), RevokeReason::RefreshTokenReused)),
            ..exchanged(3, ago(14), phone())
        },
        number::RETRIED => Session {
            rotations: rotations("1@1799999280000@1799999700000"),
            access_expires_at: ago(5).plus(LIFETIME.access),
            ..exchanged(2, ago(12), phone())
        },
        number::LOGGED_OUT => Session { revoked: Some((ago(5), RevokeReason::LoggedOut)), ..begun },
        number::DISABLED => Session { revoked: Some((ago(195), RevokeReason::AccountDisabled)), ..begun },
        number::OUTDATED => Session { revoked: Some((ago(4), RevokeReason::PasswordChanged)), ..begun },
        number::THROWN_OUT => Session { revoked: Some((ago(3), RevokeReason::RevokedByAdmin)), ..begun },
        _ => begun,
    }
}

pub(crate) fn seconds_ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

/// The feed, as far as it matters at [`NOW`].
pub(crate) fn revocations() -> Vec<Revocation> {
    let entry = |number, revoked_at, expires_at| Revocation {
        session_id: session_id(number),
        revoked_at,
        expires_at,
    };
    vec![
        entry(number::STOLEN, ago(10), NOW.plus(mins(1))),
        entry(number::LOGGED_OUT, ago(5), NOW.plus(mins(9))),
        entry(number::OUTDATED, ago(4), NOW.plus(mins(8))),
        entry(number::THROWN_OUT, ago(3), NOW.plus(mins(9))),
        entry(number::GONE, ago(2), NOW.plus(mins(9))),
    ]
}

/// A session that an older system began just before this.
pub(crate) fn adoption(session: NewSession) -> Adoption {
    Adoption { session, issued_at: NOW, remembered_until: REMEMBERED_UNTIL }
}

/// The ids of adopted sessions that are remembered.
pub(crate) fn adopted_sessions(version: i64) -> Vec<AdoptedSession> {
    let adopted = AdoptedSession { session_id: session_id(number::ADOPTED), expires_at: REMEMBERED_UNTIL };
    (version >= ADOPTION).then_some(adopted).into_iter().collect()
}

/// The keys: what for, which algorithm, in which state.
pub(crate) fn keys() -> Vec<(KeyPurpose, &'static str, KeyState)> {
    use KeyPurpose::{AccessToken, RefreshToken};
    vec![
        (AccessToken, "EdDSA", KeyState::Revoked),
        (AccessToken, "HS256", KeyState::Retired),
        (AccessToken, "RS256", KeyState::Retired),
        (AccessToken, "EdDSA", KeyState::Active),
        (AccessToken, "ES256", KeyState::Next),
        (RefreshToken, "HMAC", KeyState::Revoked),
        (RefreshToken, "HMAC", KeyState::Retired),
        (RefreshToken, "HMAC", KeyState::Active),
        (RefreshToken, "HMAC", KeyState::Next),
    ]
}

pub(crate) fn phone() -> Client {
    Client::new("192.0.2.7".parse().ok(), Some("phone/1 📱 (Ωμέγα)"))
}

pub(crate) fn tablet() -> Client {
    Client::new("192.0.2.8".parse().ok(), Some("tablet/1"))
}

pub(crate) fn thief() -> Client {
    Client::new("2001:db8:bad::1".parse().ok(), Some("curl/8"))
}
